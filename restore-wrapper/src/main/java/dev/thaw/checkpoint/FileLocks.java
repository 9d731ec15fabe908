package dev.thaw.checkpoint;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import java.util.HashSet;
import java.util.Set;

/** {@code /proc/locks} (man 5 proc_locks). */
final class FileLocks {
    private FileLocks() {}

    /** Inodes of all files that are locked, by whomever; most descriptors need no further look then. */
    static Set<Long> lockedInodes() {
        return parse(KernelString.decode(FileCalls.readAll("/proc/locks")));
    }

    /** The device is left out on purpose: overlayfs and btrfs show another one here than stat does. */
    static Set<Long> parse(String text) {
        Set<Long> inodes = new HashSet<>();
        for (String line : text.split("\n")) {
            for (String field : line.split("\\s+")) {
                String[] parts = field.split(":");
                if (parts.length == 3) {
                    inodes.add(Long.parseUnsignedLong(parts[2]));
                }
            }
        }
        return inodes;
    }
}
