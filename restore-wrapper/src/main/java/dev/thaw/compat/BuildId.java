package dev.thaw.compat;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/** The build-id of an ELF file (man 5 elf, NT_GNU_BUILD_ID): the same for the same build, whatever its date. */
public final class BuildId {
    private static final int HEADER_BYTES = 64;
    private static final int SEGMENT_BYTES = 56;
    private static final int MAX_SEGMENTS = 100;
    private static final int MAX_NOTE_BYTES = 64 * 1024;
    private static final int PT_NOTE = 4;
    private static final int NT_GNU_BUILD_ID = 3;
    private static final int GNU = 0x00554e47; // "GNU" and a zero, read as a little-endian number
    private static final byte CLASS_64 = 2;

    private BuildId() {}

    /** Hexadecimal; empty for a file without one, and for one that cannot be read. */
    public static String of(String path) {
        try (OwnedFd file = FileCalls.open(path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK | OpenFlags.O_NOCTTY)) {
            return FileCalls.fstat(file.number()).isRegular() ? of(file.number()) : "";
        } catch (LinuxException unreadable) {
            return "";
        }
    }

    private static String of(int fd) {
        ByteBuffer header = read(fd, 0, HEADER_BYTES);
        if (header.limit() < HEADER_BYTES || header.order(ByteOrder.BIG_ENDIAN).getInt(0) != 0x7f454c46 || header.get(4) != CLASS_64) {
            return "";
        }
        header.order(ByteOrder.nativeOrder());
        int size = header.getShort(54) & 0xffff;
        int count = Math.min(header.getShort(56) & 0xffff, MAX_SEGMENTS);
        ByteBuffer segments = size == SEGMENT_BYTES ? read(fd, header.getLong(32), count * SEGMENT_BYTES) : ByteBuffer.allocate(0);
        for (int at = 0; at + SEGMENT_BYTES <= segments.limit(); at += SEGMENT_BYTES) {
            long length = segments.getLong(at + 32);
            if (segments.getInt(at) == PT_NOTE && length > 0 && length <= MAX_NOTE_BYTES) {
                String found = inNotes(read(fd, segments.getLong(at + 8), (int) length));
                if (!found.isEmpty()) {
                    return found;
                }
            }
        }
        return "";
    }

    /** @param notes each: length of the name, length of the content, type, name, content; both padded to four bytes */
    static String inNotes(ByteBuffer notes) {
        int at = 0;
        while (at + 12 <= notes.limit()) {
            int name = notes.getInt(at);
            int content = notes.getInt(at + 4);
            int start = at + 12 + padded(name);
            if (name < 0 || content < 0 || start < at || start + padded(content) < start || start + content > notes.limit()) {
                return "";
            }
            if (notes.getInt(at + 8) == NT_GNU_BUILD_ID && name == 4 && littleEndian(notes, at + 12) == GNU) {
                byte[] id = new byte[content];
                notes.duplicate().position(start).get(id);
                return HexFormat.of().formatHex(id);
            }
            at = start + padded(content);
        }
        return "";
    }

    private static int littleEndian(ByteBuffer notes, int at) {
        return notes.duplicate().order(ByteOrder.LITTLE_ENDIAN).getInt(at);
    }

    private static int padded(int length) {
        return length + 3 & ~3;
    }

    private static ByteBuffer read(int fd, long offset, int length) {
        byte[] bytes = new byte[Math.max(length, 0)];
        int count = offset < 0 || bytes.length == 0 ? 0 : FileCalls.pread(fd, bytes, 0, bytes.length, offset);
        return ByteBuffer.wrap(bytes, 0, count).slice(0, count).order(ByteOrder.nativeOrder());
    }
}
