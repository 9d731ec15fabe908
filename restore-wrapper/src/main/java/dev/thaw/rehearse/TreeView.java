package dev.thaw.rehearse;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What of a process tree is to be the same after a restore.
 *
 * @param processes by pid
 * @param descriptors by place
 * @param shared places that are one open file description, each set of two and more
 * @param pipes places of each pipe that has two and more
 */
public record TreeView(Map<Integer, Process> processes, Map<Place, Descriptor> descriptors, Set<Set<Place>> shared, Set<Set<Place>> pipes) {
    /** A descriptor of a process. */
    public record Place(int pid, int fd) {
        @Override
        public String toString() {
            return "fd " + fd + " of pid " + pid;
        }
    }

    public record Process(int parentPid, int processGroup, int session, String command, int threads) {
        @Override
        public String toString() {
            return command + ", child of " + parentPid + ", group " + processGroup + ", session " + session + ", " + threads + " threads";
        }
    }

    /**
     * @param path of what has one; empty for others
     * @param offset of regular files; -1 for others
     */
    public record Descriptor(String kind, String path, String access, boolean appends, long offset) {
        Descriptor at(String otherPath) {
            return new Descriptor(kind, otherPath, access, appends, offset);
        }

        @Override
        public String toString() {
            return kind + (path.isEmpty() ? "" : " " + path) + ", " + access + (appends ? " append" : "") + (offset < 0 ? "" : ", offset " + offset);
        }
    }

    public TreeView {
        processes = Map.copyOf(processes);
        descriptors = Map.copyOf(descriptors);
        shared = Set.copyOf(shared);
        pipes = Set.copyOf(pipes);
    }

    static final Set<String> WITH_PATH = Set.of("file", "directory", "fifo", "device", "null");

    /** Kinds in order, for messages. */
    List<Place> places() {
        return descriptors.keySet().stream().sorted((a, b) -> a.pid() != b.pid() ? Integer.compare(a.pid(), b.pid()) : Integer.compare(a.fd(), b.fd())).toList();
    }
}
