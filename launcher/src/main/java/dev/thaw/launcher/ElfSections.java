package dev.thaw.launcher;

import dev.thaw.linux.FileCalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/** The names of an ELF file's sections (man 5 elf). Any other file, and a damaged one, has none. */
final class ElfSections {
    private static final int HEADER_BYTES = 64;
    private static final int SECTION_BYTES = 64;
    private static final int CLASS_64 = 2;
    private static final int MAX_SECTIONS = 1000;
    private static final int MAX_NAMES_BYTES = 64 * 1024;

    private ElfSections() {}

    static Set<String> names(int fd) {
        ByteBuffer header = read(fd, 0, HEADER_BYTES);
        if (header.limit() < HEADER_BYTES || header.getInt(0) != nativeMagic() || header.get(4) != CLASS_64) {
            return Set.of();
        }
        long tableOffset = header.getLong(40);
        int entryBytes = header.getShort(58) & 0xffff;
        int count = Math.min(header.getShort(60) & 0xffff, MAX_SECTIONS);
        int namesIndex = header.getShort(62) & 0xffff;
        ByteBuffer table = entryBytes == SECTION_BYTES ? read(fd, tableOffset, count * SECTION_BYTES) : ByteBuffer.allocate(0);
        if (table.limit() < count * SECTION_BYTES || namesIndex >= count) {
            return Set.of();
        }
        long namesOffset = table.getLong(namesIndex * SECTION_BYTES + 24);
        long namesBytes = table.getLong(namesIndex * SECTION_BYTES + 32);
        if (namesBytes <= 0 || namesBytes > MAX_NAMES_BYTES) {
            return Set.of();
        }
        ByteBuffer text = read(fd, namesOffset, (int) namesBytes);
        Set<String> names = new HashSet<>();
        for (int section = 0; section < count; section++) {
            names.add(string(text, table.getInt(section * SECTION_BYTES)));
        }
        return names;
    }

    /** The first four bytes; a file of the other byte order does not run here. */
    private static int nativeMagic() {
        return ByteBuffer.wrap(new byte[] {0x7f, 'E', 'L', 'F'}).order(ByteOrder.nativeOrder()).getInt(0);
    }

    private static String string(ByteBuffer text, int start) {
        int end = start;
        while (end >= 0 && end < text.limit() && text.get(end) != 0) {
            end++;
        }
        return start < 0 || start >= end ? "" : new String(text.array(), start, end - start, StandardCharsets.ISO_8859_1);
    }

    /** Fewer bytes than asked for at the end of the file. */
    private static ByteBuffer read(int fd, long offset, int length) {
        byte[] bytes = new byte[Math.max(length, 0)];
        int count = offset < 0 || bytes.length == 0 ? 0 : FileCalls.pread(fd, bytes, 0, bytes.length, offset);
        return ByteBuffer.wrap(bytes, 0, count).order(ByteOrder.nativeOrder());
    }
}
