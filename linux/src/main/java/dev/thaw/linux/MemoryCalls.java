package dev.thaw.linux;

import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** This process's own memory. */
public final class MemoryCalls {
    private static final Pattern READ_ONLY_FILE = Pattern.compile("([0-9a-f]{1,15})-([0-9a-f]{1,15}) r-[-x][ps] \\S+ \\S+ [1-9]\\d* .*");
    private static final int MADV_DONTNEED = 4;
    private static final int MADV_NOHUGEPAGE = 15;
    private static final int SC_PAGESIZE = 30;
    private static final int ENTRY_BYTES = 8;
    // Bits of /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst).
    private static final long PRESENT = 1L << 63;
    private static final long OF_FILE = 1L << 61;

    private MemoryCalls() {}

    /**
     * Gives back what a process that is about to wait for long needs only by and by: pages of files that it can only read, and has not changed. They
     * come back from the page cache when they are touched (man 2 madvise).
     *
     * @return bytes that were resident there
     */
    public static long dropCleanFilePages() {
        long dropped = 0;
        try (OwnedFd pagemap = FileCalls.open("/proc/self/pagemap", OpenFlags.O_RDONLY)) {
            for (String line : KernelString.decode(FileCalls.readAll("/proc/self/maps")).split("\n")) {
                Matcher mapping = READ_ONLY_FILE.matcher(line);
                if (mapping.matches()) {
                    dropped += drop(pagemap.number(), Long.parseLong(mapping.group(1), 16), Long.parseLong(mapping.group(2), 16));
                }
            }
        } catch (LinuxException hidden) {
            return dropped; // a container may hide /proc from us, and it is not worth a failure
        }
        return dropped;
    }

    private static long drop(int pagemap, long start, long end) {
        long page = ProcessCalls.C.sysconf(SC_PAGESIZE);
        byte[] bytes = new byte[(int) Math.min((end - start) / page, 1 << 20) * ENTRY_BYTES];
        int count = FileCalls.pread(pagemap, bytes, 0, bytes.length, start / page * ENTRY_BYTES) / ENTRY_BYTES;
        ByteBuffer entries = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        // Else the first touch brings back 2 MiB, where the file is in huge pages. Kernels without them say EINVAL.
        ProcessCalls.C.madvise(new Pointer(start), end - start, MADV_NOHUGEPAGE);
        long dropped = 0;
        int first = 0;
        for (int i = 0; i <= count; i++) {
            // A page that was changed, by the dynamic linker for instance, is of no file any more, and nowhere else.
            if (i == count || (entries.getLong(i * ENTRY_BYTES) & (PRESENT | OF_FILE)) != (PRESENT | OF_FILE)) {
                if (i > first && ProcessCalls.C.madvise(new Pointer(start + first * page), (i - first) * page, MADV_DONTNEED) == 0) {
                    dropped += (i - first) * page;
                }
                first = i + 1;
            }
        }
        return dropped;
    }
}
