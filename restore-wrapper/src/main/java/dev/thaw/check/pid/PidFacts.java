package dev.thaw.check.pid;

import dev.thaw.checkpoint.TreeScan;
import dev.thaw.checkpoint.TreeScan.Holder;
import java.util.List;
import java.util.Map;

/**
 * A living tree and what it has in common with the processes around it.
 *
 * @param shares what is shared with processes outside
 * @param threads that differ from their process
 * @param unreadEvents of inotify and fanotify descriptors, bytes; only those that have some
 * @param sharedMemory inode of shared anonymous memory to the outsiders that have it too
 * @param leaders sessions and process groups that are no pid of the tree, to the process outside that has that pid
 */
public record PidFacts(TreeScan scan, List<Share> shares, List<ThreadDifference> threads, Map<Ref, Integer> unreadEvents,
        Map<Long, List<String>> sharedMemory, Map<Integer, String> leaders) {

    /** A descriptor of the tree. */
    public record Ref(int pid, int fd) {}

    /** A descriptor of the tree, and one of a process outside for the same open file description, socket, memory file or terminal. */
    public record Share(Ref ours, Holder theirs) {}

    /** @param what it has of its own: {@code descriptors}, {@code network namespace} and the like */
    public record ThreadDifference(int pid, int thread, String what) {}

    public PidFacts {
        shares = List.copyOf(shares);
        threads = List.copyOf(threads);
        unreadEvents = Map.copyOf(unreadEvents);
        sharedMemory = Map.copyOf(sharedMemory);
        leaders = Map.copyOf(leaders);
    }
}
