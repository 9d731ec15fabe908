package dev.thaw.checkpoint;

import dev.thaw.checkpoint.TreeScan.Holder;
import dev.thaw.checkpoint.TreeScan.Intruder;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.SocketDiagnostics.UnixSocket;
import dev.thaw.linux.proc.FdInfo;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.linux.proc.StatusFile;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Looks at the processes outside a tree: who shares something with it, and who is bound to it. */
final class OutsideScanner {
    private final Map<Integer, ProcessStat> all;
    private final Set<Integer> tree = new HashSet<>();
    private final Set<String> wanted = new HashSet<>();
    private final ScannedProcess root;

    OutsideScanner(Map<Integer, ProcessStat> all, List<ScannedProcess> processes, SocketIndex sockets) {
        this.all = all;
        processes.forEach(process -> tree.add(process.pid()));
        root = processes.get(0);
        for (ScannedProcess process : processes) {
            process.descriptors().forEach(descriptor -> want(descriptor, sockets));
        }
    }

    private void want(ScannedDescriptor descriptor, SocketIndex sockets) {
        String link = descriptor.description().link();
        long inode = descriptor.description().inode();
        if (descriptor.kind().equals("pipe")) {
            wanted.add(link);
        } else if (descriptor.kind().equals("socket")) {
            wanted.add(link);
            sockets.unix(inode).map(UnixSocket::peer).ifPresent(peer -> peer.ifPresent(end -> wanted.add(TreeScan.socketKey(end))));
        } else if (descriptor.slaveIndex() >= 0) {
            wanted.add(TreeScan.masterKey(descriptor.slaveIndex()));
        }
    }

    /** By the keys of {@link TreeScan}. */
    Map<String, List<Holder>> holders() {
        Map<String, List<Holder>> holders = new HashMap<>();
        if (wanted.isEmpty()) {
            return holders;
        }
        for (ProcessStat stat : all.values()) {
            if (!tree.contains(stat.pid()) && !stat.isZombie()) {
                addHolders(stat, holders);
            }
        }
        return holders;
    }

    private void addHolders(ProcessStat stat, Map<String, List<Holder>> holders) {
        int pid = stat.pid();
        List<Integer> descriptors;
        try {
            descriptors = ProcessTable.descriptors(pid);
        } catch (LinuxException notOurs) {
            return; // another user's process, which then stays unnamed
        }
        for (int fd : descriptors) {
            try {
                String link = ProcessTable.link(pid, fd);
                String key = link.endsWith("/ptmx") ? masterKey(pid, fd) : link;
                if (wanted.contains(key)) {
                    String access = OpenFlags.access(FdInfo.read(pid, fd).flags());
                    holders.computeIfAbsent(key, none -> new ArrayList<>()).add(new Holder(pid, stat.comm(), fd, access));
                }
            } catch (LinuxException closedMeanwhile) {
                continue;
            }
        }
    }

    private static String masterKey(int pid, int fd) {
        FdExtras extras = FdExtras.parse(KernelString.decode(FileCalls.readAll("/proc/" + pid + "/fdinfo/" + fd)));
        return TreeScan.masterKey(extras.terminalIndex().orElse(-1));
    }

    /**
     * A restored process gets its old pid, and the kernel does not give a number that is still some session's or process group's. In a pid
     * namespace whose init is the root, whoever is left dies with it.
     */
    List<Intruder> intruders() {
        boolean isInit = leadsPidNamespace();
        List<Intruder> intruders = new ArrayList<>();
        for (ProcessStat stat : all.values()) {
            if (tree.contains(stat.pid())) {
                continue;
            }
            if (tree.contains(stat.session())) {
                intruders.add(new Intruder(stat.pid(), stat.comm(), stat.startTicks(), Intruder.Bond.SESSION, stat.session()));
            } else if (tree.contains(stat.processGroup())) {
                intruders.add(new Intruder(stat.pid(), stat.comm(), stat.startTicks(), Intruder.Bond.PROCESS_GROUP, stat.processGroup()));
            } else if (isInit && pidNamespace(stat.pid()).equals(pidNamespace(root.pid()))) {
                intruders.add(new Intruder(stat.pid(), stat.comm(), stat.startTicks(), Intruder.Bond.PID_NAMESPACE, 0));
            }
        }
        // A short-lived child of the tree that ended between two looks is no longer a part of it, and in nobody's way.
        intruders.removeIf(intruder -> ProcessStat.read(intruder.pid()).filter(now -> now.startTicks() == intruder.startTicks()).isEmpty());
        return intruders;
    }

    private boolean leadsPidNamespace() {
        List<Integer> pids = StatusFile.read(root.pid()).nsPid();
        return pids.size() > 1 && pids.get(pids.size() - 1) == 1;
    }

    private static Optional<String> pidNamespace(int pid) {
        try {
            return Optional.of(FileCalls.readlink("/proc/" + pid + "/ns/pid"));
        } catch (LinuxException goneOrNotOurs) {
            return Optional.empty();
        }
    }
}
