package dev.thaw.living;

import dev.thaw.checkpoint.FdExtras.Watched;
import dev.thaw.checkpoint.TreeScan;
import dev.thaw.linux.FileStatus;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A tree that stands still, with what a dump of it would record and a {@link TreeScan} does not.
 *
 * @param criuOptions that thaw checkpoint would dump it with
 * @param processes by pid; zombies are not among them
 * @param descriptors by place
 * @param sharingKnown whether it could be found out which descriptors are one open file description
 * @param unread bytes of pipes and FIFOs that the tree reads, by inode; the arrays must not be written to
 */
public record LivingTree(TreeScan scan, List<String> criuOptions, Map<Integer, Process> processes, Map<Place, Open> descriptors, boolean sharingKnown,
        Map<Long, byte[]> unread) {

    /** A descriptor. */
    public record Place(int pid, int fd) {}

    /**
     * @param description number of the open file description: the same for descriptors that share one
     * @param flags as fdinfo has them, O_CLOEXEC and O_LARGEFILE included
     * @param status of the file
     * @param watched of an epoll set: what it watches
     */
    public record Open(int description, int flags, FileStatus status, List<Watched> watched) {
        public Open {
            watched = List.copyOf(watched);
        }
    }

    /**
     * @param table number of the descriptor table: the same for processes that share one
     * @param stopped whether it had been stopped before it was made to stand still
     * @param mapped files, memory files among them
     */
    public record Process(int table, boolean stopped, File executable, File directory, File root, List<File> mapped) {
        public Process {
            mapped = List.copyOf(mapped);
        }
    }

    /**
     * A file that a process has without a descriptor.
     *
     * @param path without the mark of a deleted one
     * @param status empty where it cannot be looked at
     * @param deleted whether its name was removed
     * @param written whether what the process writes to memory goes to the file
     * @param memoryFile inode of a memory file; empty for others
     */
    public record File(String path, Optional<FileStatus> status, boolean deleted, boolean written, Optional<Long> memoryFile) {}

    public LivingTree {
        criuOptions = List.copyOf(criuOptions);
        processes = Map.copyOf(processes);
        descriptors = Map.copyOf(descriptors);
        unread = Map.copyOf(unread);
    }

    boolean hasOption(String option) {
        return criuOptions.contains(option);
    }

    /** What is declared external: the words behind {@code --external}. */
    Set<String> externals() {
        return Set.copyOf(IntStream.range(1, criuOptions.size()).filter(at -> criuOptions.get(at - 1).equals("--external"))
                .mapToObj(criuOptions::get).distinct().toList());
    }
}
