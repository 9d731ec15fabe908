package dev.thaw.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Reads the records that getdents64(2) fills a buffer with. */
final class DirectoryEntries {

    // struct linux_dirent64: u64 inode, s64 next offset, u16 record length, u8 type, name with its NUL
    private static final int LENGTH_AT = 16;
    private static final int NAME_AT = 19;

    private DirectoryEntries() {
    }

    /** Appends the names in the first {@code filledBytes} of {@code buffer}, without {@code .} and {@code ..}. */
    static void addNames(byte[] buffer, int filledBytes, List<String> names) {
        ByteBuffer records = ByteBuffer.wrap(buffer, 0, filledBytes).order(ByteOrder.nativeOrder());
        for (int at = 0; at < filledBytes; at += records.getShort(at + LENGTH_AT) & 0xffff) {
            int end = at + NAME_AT;
            while (buffer[end] != 0) {
                end++;
            }
            String name = KernelString.decode(buffer, at + NAME_AT, end - at - NAME_AT);
            if (!name.equals(".") && !name.equals("..")) {
                names.add(name);
            }
        }
    }
}
