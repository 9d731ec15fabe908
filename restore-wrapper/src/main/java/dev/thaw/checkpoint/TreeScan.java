package dev.thaw.checkpoint;

import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * One look at a living process tree and at those around it. Nobody is stopped for it, so processes and descriptors may have come and gone
 * since.
 *
 * @param processes root first, each before its children
 * @param dumper who looks, and is going to dump
 * @param intruders processes outside the tree that stand in the way of its restore
 * @param outside who else has a pipe, socket or pseudo-terminal of the tree, or its other end; key as {@link #pipeKey} and its siblings give it
 * @param waiting inodes of unix sockets of the tree whose connection nobody outside has accepted yet
 * @param mounts as the root process sees them
 * @param cgroups of the root process
 * @param frozen directories of cgroups that somebody has frozen, with processes of the tree in them
 */
public record TreeScan(
        List<ScannedProcess> processes,
        Dumper dumper,
        List<Intruder> intruders,
        Map<String, List<Holder>> outside,
        Set<Long> waiting,
        List<MountInfo> mounts,
        List<CgroupMembership> cgroups,
        List<String> frozen) {

    public TreeScan(List<ScannedProcess> processes, Dumper dumper, List<Intruder> intruders, Map<String, List<Holder>> outside, Set<Long> waiting,
            List<MountInfo> mounts, List<CgroupMembership> cgroups) {
        this(processes, dumper, intruders, outside, waiting, mounts, cgroups, List.of());
    }

    /**
     * The process that scans.
     *
     * @param lineage its pid, its parent's and so on
     * @param uid real user id
     * @param gid real group id
     * @param effectiveUid user id that rights depend on
     * @param capabilities effective ones, bit n for capability n
     * @param namespaces as in {@link ScannedProcess}, and as criu will have them
     * @param inside whether criu goes into the pid and mount namespaces of the root
     */
    public record Dumper(
            List<Integer> lineage, int uid, int gid, int effectiveUid, long capabilities, Map<String, String> namespaces, boolean inside) {
        static final int CAP_SYS_ADMIN = 21;
        static final int CAP_SYS_RESOURCE = 24;
        static final int CAP_CHECKPOINT_RESTORE = 40;

        public Dumper(List<Integer> lineage, int uid, int gid, int effectiveUid, long capabilities, Map<String, String> namespaces) {
            this(lineage, uid, gid, effectiveUid, capabilities, namespaces, false);
        }

        public Dumper {
            lineage = List.copyOf(lineage);
            namespaces = Map.copyOf(namespaces);
        }

        boolean has(int capability) {
            return (capabilities >>> capability & 1) != 0;
        }
    }

    /** A process outside the tree with a descriptor on something that the tree has too. */
    public record Holder(int pid, String command, int fd, String access) {
        @Override
        public String toString() {
            return "pid " + pid + " (" + command + "), fd " + fd;
        }
    }

    /**
     * A process that a dump leaves out, although it belongs to the tree by its session, process group or pid namespace.
     *
     * @param shared id of the session or group
     */
    public record Intruder(int pid, String command, long startTicks, Bond bond, int shared) {
        /** What binds it to the tree. */
        public enum Bond { SESSION, PROCESS_GROUP, PID_NAMESPACE }

        /** {@code pid 77 (sh), which is in session 4021 of the tree}. */
        public String text() {
            String why = bond == Bond.PID_NAMESPACE ? "which is in the pid namespace of the tree"
                    : "which is in " + (bond == Bond.SESSION ? "session " : "process group ") + shared + " of the tree";
            return "pid " + pid + " (" + command + "), " + why;
        }
    }

    public TreeScan {
        processes = List.copyOf(processes);
        Objects.requireNonNull(dumper, "dumper is null");
        intruders = List.copyOf(intruders);
        outside = Map.copyOf(outside);
        waiting = Set.copyOf(waiting);
        mounts = List.copyOf(mounts);
        cgroups = List.copyOf(cgroups);
        frozen = List.copyOf(frozen);
        if (processes.isEmpty()) {
            throw new IllegalArgumentException("a tree without a root");
        }
    }

    public ScannedProcess root() {
        return processes.get(0);
    }

    public Set<Integer> pids() {
        Set<Integer> pids = new HashSet<>();
        processes.forEach(process -> pids.add(process.pid()));
        return pids;
    }

    public Optional<ScannedProcess> process(int pid) {
        return processes.stream().filter(process -> process.pid() == pid).findFirst();
    }

    /** The number that a process has in the image. */
    public int imagePid(ScannedProcess process) {
        return dumper.inside() ? process.bonds().innerPid() : process.pid();
    }

    /** Whether the tree lives in a network namespace other than ours. */
    public boolean hasOwnNetwork() {
        return !root().isZombie() && !root().namespaces().getOrDefault("net", "").equals(dumper.namespaces().getOrDefault("net", ""));
    }

    /** Outsiders with the thing of this key; see {@link #pipeKey} and its siblings. */
    public List<Holder> holders(String key) {
        return outside.getOrDefault(key, List.of());
    }

    public static String pipeKey(long inode) {
        return "pipe:[" + inode + "]";
    }

    public static String socketKey(long inode) {
        return "socket:[" + inode + "]";
    }

    public static String masterKey(int terminalIndex) {
        return "ptmx[" + terminalIndex + "]";
    }
}
