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
 * @param timerClock of a timerfd: number of its clock (man 2 timerfd_create)
 * @param watched of an epoll set: what it watches
 * @param underWay of a unix socket: how many descriptors were sent to it and not received yet; needs Linux 5.6
 */
public record FdExtras(
        List<Lock> locks, OptionalInt terminalIndex, OptionalInt pidfdTarget, OptionalInt timerClock, List<Watched> watched, int underWay) {

    private static final List<String> COMMON = List.of("pos:", "flags:", "mnt_id:", "ino:");

    public static final FdExtras NONE = new FdExtras(List.of(), OptionalInt.empty(), OptionalInt.empty());

    /**
     * A file lock.
     *
     * @param kind FLOCK, POSIX, OFDLCK or LEASE
     * @param pid that took it; -1 for OFDLCK, which belongs to the open file description
     * @param file device and inode, {@code fe:00:2182818}
     */
    public record Lock(String kind, int pid, String file) {
        public Lock(String kind, int pid) {
            this(kind, pid, "");
        }
    }

    /**
     * @param fd the number that it was added under, which may be another's by now
     * @param inode of the file; all anonymous inodes have the same
     */
    public record Watched(int fd, long inode) {}

    public FdExtras {
        locks = List.copyOf(locks);
        watched = List.copyOf(watched);
    }

    public FdExtras(List<Lock> locks, OptionalInt terminalIndex, OptionalInt pidfdTarget) {
        this(locks, terminalIndex, pidfdTarget, OptionalInt.empty(), List.of(), 0);
    }

    /** The same with only these watched descriptors. */
    FdExtras watching(List<Watched> some) {
        return new FdExtras(locks, terminalIndex, pidfdTarget, timerClock, some, underWay);
    }

    /** Lines of other forms are skipped: each kernel adds some. */
    public static FdExtras parse(String text) {
        List<Lock> locks = new ArrayList<>();
        OptionalInt terminalIndex = OptionalInt.empty();
        OptionalInt pidfdTarget = OptionalInt.empty();
        OptionalInt timerClock = OptionalInt.empty();
        List<Watched> watched = new ArrayList<>();
        int underWay = 0;
        int end;
        for (int start = 0; start < text.length(); start = end + 1) {
            end = text.indexOf('\n', start);
            end = end < 0 ? text.length() : end;
            if (isCommon(text, start)) {
                continue; // all that most descriptors have, and taking a line apart takes time
            }
            String line = text.substring(start, end);
            String[] fields = line.trim().split("\\s+");
            if (fields[0].equals("lock:") && fields.length >= 7) {
                locks.add(new Lock(fields[2], Integer.parseInt(fields[5]), fields[6]));
            } else if (fields[0].equals("tty-index:") && fields.length == 2) {
                terminalIndex = OptionalInt.of(Integer.parseInt(fields[1]));
            } else if (fields[0].equals("Pid:") && fields.length == 2) {
                pidfdTarget = OptionalInt.of(Integer.parseInt(fields[1]));
            } else if (fields[0].equals("clockid:") && fields.length == 2) {
                timerClock = OptionalInt.of(Integer.parseInt(fields[1]));
            } else if (fields[0].equals("tfd:") && fields.length >= 2) {
                watched.add(new Watched(Integer.parseInt(fields[1]), inode(line)));
            } else if (fields[0].equals("scm_fds:") && fields.length == 2) {
                underWay = Integer.parseInt(fields[1]);
            }
        }
        return new FdExtras(locks, terminalIndex, pidfdTarget, timerClock, watched, underWay);
    }

    private static boolean isCommon(String text, int start) {
        for (String name : COMMON) {
            if (text.startsWith(name, start)) {
                return true;
            }
        }
        return false;
    }

    /** In hexadecimal after {@code ino:}; 0 before Linux 4.13, which does not tell. */
    private static long inode(String line) {
        int at = line.indexOf(" ino:");
        return at < 0 ? 0 : Long.parseUnsignedLong(line.substring(at + 5).split(" ")[0], 16);
    }
}
