package dev.thaw.linux;

import com.sun.jna.Pointer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** This process's own memory. */
public final class MemoryCalls {
    private static final Pattern MAPPING = Pattern.compile("([0-9a-f]+)-([0-9a-f]+) (r-[-x][ps]) \\S+ \\S+ [1-9]\\d* .*");
    private static final int MADV_DONTNEED = 4;

    private MemoryCalls() {}

    /**
     * Gives back what a process that is about to wait for long needs only by and by: pages of files that it can only read, and has not changed. They
     * come back from the page cache when they are touched (man 2 madvise).
     *
     * @return bytes that were resident there
     */
    public static long dropCleanFilePages() {
        long dropped = 0;
        long start = 0;
        long end = 0;
        long resident = 0;
        for (String line : KernelString.decode(FileCalls.readAll("/proc/self/smaps")).split("\n")) {
            Matcher mapping = MAPPING.matcher(line);
            if (mapping.matches()) {
                start = Long.parseUnsignedLong(mapping.group(1), 16);
                end = Long.parseUnsignedLong(mapping.group(2), 16);
            } else if (line.startsWith("Rss:")) {
                resident = kibibytes(line);
            } else if (line.startsWith("Anonymous:")) {
                // A page that was changed, by the dynamic linker for instance, is nowhere else.
                if (end != 0 && kibibytes(line) == 0 && resident > 0 && ProcessCalls.C.madvise(new Pointer(start), end - start, MADV_DONTNEED) == 0) {
                    dropped += resident * 1024;
                }
                end = 0;
            }
        }
        return dropped;
    }

    private static long kibibytes(String line) {
        String[] words = line.split("\\s+");
        return Long.parseLong(words[1]);
    }
}
