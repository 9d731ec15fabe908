package dev.thaw.checkpoint;

import dev.thaw.checkpoint.TreeScan.Holder;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.SocketDiagnostics.UnixSocket;
import dev.thaw.linux.proc.FdInfo;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Looks at the processes outside a tree: who has something of it open. */
final class OutsideScanner {
    private final Map<Integer, ProcessStat> all;
    private final Set<Integer> tree = new HashSet<>();
    private final Set<String> wanted = new HashSet<>();

    OutsideScanner(Map<Integer, ProcessStat> all, List<ScannedProcess> processes, SocketIndex sockets) {
        this.all = all;
        processes.forEach(process -> tree.add(process.pid()));
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
        FdExtras extras = FdExtras.parse(KernelString.decode(FileCalls.readProc("/proc/" + pid + "/fdinfo/" + fd)));
        return TreeScan.masterKey(extras.terminalIndex().orElse(-1));
    }
}
