package dev.thaw.criu;

import dev.thaw.linux.proc.ProcLink;
import java.util.List;

/**
 * The processes that a log is about, and what they have: who is meant by the numbers and paths in its lines.
 *
 * @param processes of the tree, as the image numbers them
 * @param held what they have, and what processes outside have of it
 */
public record LogContext(List<Process> processes, List<Held> held) {
    /** Nothing is known of them. */
    public static final LogContext NONE = new LogContext(List.of(), List.of());
    /** Value of {@link Held#fd()}, {@link Held#fileId()} and {@link Held#inode()}. */
    public static final int ABSENT = -1;


    /**
     * @param command the kernel's name for it
     * @param threads thread ids, the process's own among them
     */
    public record Process(int pid, String command, List<Integer> threads) {
        public Process {
            threads = List.copyOf(threads);
        }
    }

    /**
     * A descriptor, or another use of a file.
     *
     * @param command of the process
     * @param use {@code fd 5}, {@code a mapping}, {@code the working directory}
     * @param fd {@link #ABSENT} for a use that is none
     * @param link what it refers to, as /proc/PID/fd shows it
     * @param fileId criu's number for the open file, unsigned; {@link #ABSENT} while there is no image
     * @param inode of a pipe or socket; {@link #ABSENT} for others
     */
    public record Held(int pid, String command, String use, int fd, String link, long fileId, long inode) {

        public static Held descriptor(int pid, String command, int fd, String link, long fileId, long inode) {
            return new Held(pid, command, "fd " + fd, fd, link, fileId, inode);
        }

        /** @param use which one */
        public static Held path(int pid, String command, String use, String path) {
            return new Held(pid, command, use, ABSENT, path, ABSENT, ABSENT);
        }

        /** Without the mark of a deleted file. */
        String path() {
            return ProcLink.path(link);
        }

        /** {@code fd 5 of pid 4021 (postgres): pipe:[81734]}. */
        String text() {
            return use + " of pid " + pid + " (" + command + "): " + link;
        }
    }

    public LogContext {
        processes = List.copyOf(processes);
        held = List.copyOf(held);
    }
}
