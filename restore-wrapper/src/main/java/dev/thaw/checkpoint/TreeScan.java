package dev.thaw.checkpoint;

import dev.thaw.image.Manifest;
import dev.thaw.linux.Capabilities;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.util.HashMap;
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
     * @param capabilities effective ones, bit n for capability n: its own, or those of the criu that it starts
     * @param namespaces as in {@link ScannedProcess}, and as criu will have them
     * @param inside whether criu goes into the pid and mount namespaces of the root
     * @param filtered a seccomp filter is on it, and so will be on criu
     * @param inUserNamespace whether its root is not root of the machine
     */
    public record Dumper(
            List<Integer> lineage, int uid, int gid, int effectiveUid, long capabilities, Map<String, String> namespaces, boolean inside,
            boolean filtered, boolean inUserNamespace) {
        public Dumper(List<Integer> lineage, int uid, int gid, int effectiveUid, long capabilities, Map<String, String> namespaces) {
            this(lineage, uid, gid, effectiveUid, capabilities, namespaces, false, false, false);
        }

        public Dumper {
            lineage = List.copyOf(lineage);
            namespaces = Map.copyOf(namespaces);
        }

        boolean has(int capability) {
            return Capabilities.contains(capabilities, capability);
        }

        Dumper with(long criusCapabilities) {
            return new Dumper(lineage, uid, gid, effectiveUid, criusCapabilities, namespaces, inside, filtered, inUserNamespace);
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
     * A process that is no part of the application, and is bound to it all the same.
     *
     * @param shared id of the session or group; for a tracer the traced process; for an auxiliary process its parent, if that is in the tree, else 0
     * @param holds what it has of the tree's pipes, sockets and terminals
     */
    public record Intruder(int pid, String command, long startTicks, Bond bond, int shared, List<Held> holds) {
        /** What binds it to the tree; of several the first. */
        public enum Bond { AUXILIARY, TRACER, SESSION, PROCESS_GROUP, PID_NAMESPACE }

        public Intruder {
            holds = List.copyOf(holds);
        }

        /** Of one that holds nothing of the tree's. */
        public Intruder(int pid, String command, long startTicks, Bond bond, int shared) {
            this(pid, command, startTicks, bond, shared, List.of());
        }

        /** @param key as in {@link TreeScan#outside} */
        public record Held(String key, int fd) {
            @Override
            public String toString() {
                return key + " as fd " + fd;
            }
        }

        Intruder holding(List<Held> found) {
            return new Intruder(pid, command, startTicks, bond, shared, found);
        }

        /** {@code pid 77 (sh), which is in session 4021 of the tree}. */
        public String text() {
            return "pid " + pid + " (" + command + "), which " + why();
        }

        private String why() {
            switch (bond) {
                case AUXILIARY:
                    return "was started beside it by thaw exec";
                case TRACER:
                    return "traces pid " + shared + " of the tree";
                case PID_NAMESPACE:
                    return "is in the pid namespace of the tree";
                default:
                    return "is in " + (bond == Bond.SESSION ? "session " : "process group ") + shared + " of the tree";
            }
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

    /** The same, and what processes had that were ended since and that nobody else has. */
    TreeScan after(List<Intruder> ended) {
        Map<String, List<Holder>> all = new HashMap<>(outside);
        for (Intruder intruder : ended) {
            intruder.holds().stream().filter(held -> holders(held.key()).isEmpty()).forEach(held ->
                    all.put(held.key(), List.of(new Holder(intruder.pid(), intruder.command(), held.fd(), Manifest.OtherEnd.ENDED))));
        }
        return new TreeScan(processes, dumper, intruders, all, waiting, mounts, cgroups, frozen);
    }

    /** The same, as if it were looked at with every right. */
    public TreeScan lookedAtByRoot() {
        return new TreeScan(processes, new Dumper(dumper.lineage(), 0, 0, 0, -1, dumper.namespaces(), dumper.inside(), false, false), intruders, outside, waiting, mounts, cgroups,
                frozen);
    }

    /** The same, to be dumped with these rights. */
    TreeScan dumpedWith(long capabilities) {
        return new TreeScan(processes, dumper.with(capabilities), intruders, outside, waiting, mounts, cgroups, frozen);
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
