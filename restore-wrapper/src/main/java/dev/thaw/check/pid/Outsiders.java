package dev.thaw.check.pid;

import dev.thaw.check.pid.PidFacts.Ref;
import dev.thaw.check.pid.PidFacts.Share;
import dev.thaw.checkpoint.ScannedDescriptor;
import dev.thaw.checkpoint.ScannedProcess;
import dev.thaw.checkpoint.TreeScan;
import dev.thaw.checkpoint.TreeScan.Holder;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.FdInfo;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Finds what processes outside a tree share with it, by the texts of {@code /proc} first and by kcmp(2) where those do not decide. */
final class Outsiders {
    /** Of these the open file description is what is shared: offset, counter, set of watched descriptors. */
    private static final Set<String> BY_DESCRIPTION =
            Set.of("file", "eventfd", "eventpoll", "timerfd", "signalfd", "inotify", "fanotify");

    private final TreeScan scan;
    /** By link and status flags, which both belong to the description. */
    private final Map<String, List<Ref>> ours = new HashMap<>();
    private final Map<String, DescriptionIndex> indexes = new HashMap<>();
    private final Map<String, Ref> sockets = new HashMap<>();
    private final Map<Long, Ref> memoryFiles = new HashMap<>();
    private final Map<String, Ref> terminals = new HashMap<>();
    private final Set<String> links = new HashSet<>();
    private final Set<Long> anonymousMemory = new HashSet<>();
    private final List<Share> shares = new ArrayList<>();
    private final Map<Long, List<String>> sharedMemory = new LinkedHashMap<>();

    Outsiders(TreeScan scan) {
        this.scan = scan;
        for (ScannedProcess process : scan.processes()) {
            anonymousMemory.addAll(process.mappings().special().sharedAnonymous());
            process.descriptors().forEach(descriptor -> want(process, descriptor));
        }
        Map<Integer, ProcessStat> all = new LinkedHashMap<>();
        for (int pid : ProcessTable.pids()) {
            ProcessStat.read(pid).filter(stat -> !stat.isZombie()).ifPresent(stat -> all.put(pid, stat));
        }
        Set<Integer> tree = scan.pids();
        all.values().stream().filter(stat -> stat.pid() != ProcessCalls.getpid() && !isBelow(tree, stat.pid(), all)).forEach(this::look);
    }

    /** Of the tree, be it that it was started after the tree was looked at. */
    private static boolean isBelow(Set<Integer> tree, int pid, Map<Integer, ProcessStat> all) {
        int above = pid;
        for (int steps = all.size(); steps > 0 && all.containsKey(above) && !tree.contains(above); steps--) {
            above = all.get(above).parentPid();
        }
        return tree.contains(above);
    }

    List<Share> shares() {
        return shares;
    }

    Map<Long, List<String>> sharedMemory() {
        return sharedMemory;
    }

    private void want(ScannedProcess process, ScannedDescriptor descriptor) {
        Ref ref = new Ref(process.pid(), descriptor.fd());
        String link = descriptor.description().link();
        if (BY_DESCRIPTION.contains(descriptor.kind())) {
            ours.computeIfAbsent(key(link, descriptor.description().flags()), none -> new ArrayList<>()).add(ref);
        } else if (descriptor.kind().equals("socket")) {
            sockets.putIfAbsent(link, ref);
        } else if (descriptor.kind().equals("memfd")) {
            memoryFiles.putIfAbsent(descriptor.description().inode(), ref);
        } else if (descriptor.extras().terminalIndex().isPresent()) {
            link = "/dev/pts/" + descriptor.extras().terminalIndex().getAsInt();
            terminals.putIfAbsent(link, ref);
        } else {
            return;
        }
        links.add(link);
    }

    private void look(ProcessStat stat) {
        try {
            for (int fd : ProcessTable.descriptors(stat.pid())) {
                descriptor(stat, fd);
            }
            if (!anonymousMemory.isEmpty()) {
                memory(stat);
            }
        } catch (LinuxException notOurs) {
            return; // another user's process, of which nothing is known then
        }
    }

    private void descriptor(ProcessStat stat, int fd) {
        try {
            String link = ProcessTable.link(stat.pid(), fd);
            if (!links.contains(link)) {
                return;
            }
            FdInfo info = FdInfo.read(stat.pid(), fd);
            Optional<Ref> shared = Optional.ofNullable(sockets.get(link)).or(() -> Optional.ofNullable(terminals.get(link)))
                    .or(() -> Optional.ofNullable(memoryFiles.get(info.inode()))).or(() -> description(stat.pid(), fd, link, info));
            Holder holder = new Holder(stat.pid(), stat.comm(), fd, OpenFlags.access(info.flags()));
            shared.ifPresent(ref -> shares.add(new Share(ref, holder)));
        } catch (LinuxException closedMeanwhile) {
            return;
        }
    }

    private Optional<Ref> description(int pid, int fd, String link, FdInfo info) {
        String key = key(link, info.statusFlags());
        List<Ref> candidates = ours.get(key);
        return candidates == null ? Optional.empty()
                : indexes.computeIfAbsent(key, none -> new DescriptionIndex(candidates)).find(pid, fd);
    }

    private void memory(ProcessStat stat) {
        for (String line : KernelString.decode(FileCalls.readProc("/proc/" + stat.pid() + "/maps")).split("\n")) {
            if (line.endsWith("/dev/zero (deleted)")) {
                long inode = Long.parseLong(line.split("\\s+")[4]);
                List<String> holders = anonymousMemory.contains(inode) ? sharedMemory.computeIfAbsent(inode, none -> new ArrayList<>()) : List.of();
                String text = "pid " + stat.pid() + " (" + stat.comm() + ")";
                if (anonymousMemory.contains(inode) && !holders.contains(text)) {
                    holders.add(text);
                }
            }
        }
    }

    private static String key(String link, int flags) {
        return link + "|" + flags;
    }
}
