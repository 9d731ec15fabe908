package dev.thaw.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * What {@code /proc/PID/fdinfo/N} tells beyond offset and flags, for the kinds that have it (man 5 proc_pid_fdinfo).
 *
 * @param locks held through this descriptor
 * @param terminalIndex of a pty master: the N of its {@code /dev/pts/N}
 * @param pidfdTarget of a pidfd: the pid, -1 when that process has gone
 */
public record FdExtras(List<Lock> locks, OptionalInt terminalIndex, OptionalInt pidfdTarget) {

    public static final FdExtras NONE = new FdExtras(List.of(), OptionalInt.empty(), OptionalInt.empty());

    /**
     * A file lock.
     *
     * @param kind FLOCK, POSIX, OFDLCK or LEASE
     * @param pid that took it; -1 for OFDLCK, which belongs to the open file description
     */
    public record Lock(String kind, int pid) {}

    public FdExtras {
        locks = List.copyOf(locks);
    }

    /** Lines of other forms are skipped: each kernel adds some. */
    public static FdExtras parse(String text) {
        List<Lock> locks = new ArrayList<>();
        OptionalInt terminalIndex = OptionalInt.empty();
        OptionalInt pidfdTarget = OptionalInt.empty();
        for (String line : text.split("\n")) {
            String[] fields = line.trim().split("\\s+");
            if (fields[0].equals("lock:") && fields.length >= 6) {
                locks.add(new Lock(fields[2], Integer.parseInt(fields[5])));
            } else if (fields[0].equals("tty-index:") && fields.length == 2) {
                terminalIndex = OptionalInt.of(Integer.parseInt(fields[1]));
            } else if (fields[0].equals("Pid:") && fields.length == 2) {
                pidfdTarget = OptionalInt.of(Integer.parseInt(fields[1]));
            }
        }
        return new FdExtras(locks, terminalIndex, pidfdTarget);
    }
}
