package dev.thaw.checkpoint;

import dev.thaw.checkpoint.TreeScan.Dumper;
import dev.thaw.checkpoint.TreeScan.Holder;
import dev.thaw.checkpoint.TreeScan.Intruder;
import dev.thaw.checkpoint.TreeScan.Intruder.Bond;
import dev.thaw.checkpoint.TreeScan.Intruder.Held;
import dev.thaw.launcher.LaunchRecord;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.linux.proc.StatusFile;
import dev.thaw.supervise.Pause;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Finds processes that are no part of an application, and are bound to it. */
final class IntruderScanner {
    private static final int MOST_LOOKS = 20;
    private static final long STEP_MILLIS = 5;

    private final Map<Integer, ProcessStat> all;
    private final Set<Integer> tree = new HashSet<>();
    private final Map<Integer, Integer> traced = new HashMap<>();
    private final ScannedProcess root;
    private final Dumper dumper;
    private final Map<String, List<Holder>> holders;
    private final String namespace;
    private final boolean isInit;

    /** @param below pids of the tree when {@code all} was read: some may have ended since, and are no intruders for that */
    IntruderScanner(Map<Integer, ProcessStat> all, List<Integer> below, List<ScannedProcess> processes, Dumper dumper,
            Map<String, List<Holder>> holders) {
        this.all = all;
        tree.addAll(below);
        this.dumper = dumper;
        this.holders = holders;
        for (ScannedProcess process : processes) {
            tree.add(process.pid());
            if (process.tracerPid() != 0) {
                traced.putIfAbsent(process.tracerPid(), process.pid());
            }
        }
        root = processes.get(0);
        namespace = root.namespace("pid");
        isInit = leadsPidNamespace();
    }

    /**
     * A restored process gets its old pid, and the kernel does not give a number that is still some session's or process group's. In a pid
     * namespace whose init is the root, whoever is left dies with it.
     */
    List<Intruder> intruders() {
        boolean strangersCount = dumper.inside() || !isInit && !isInNamespace(dumper.lineage().get(0)) && !cameFromOutside(root.pid());
        String beside = LaunchRecord.besideEntry(root.pid(), root.startTicks());
        List<Intruder> intruders = new ArrayList<>();
        for (ProcessStat stat : all.values()) {
            bond(stat, beside, strangersCount).ifPresent(intruder -> intruders.add(intruder.holding(holds(stat.pid()))));
        }
        // A short-lived child of the tree that ended between two looks is no longer a part of it, and in nobody's way.
        intruders.removeIf(intruder -> ProcessStat.read(intruder.pid()).filter(now -> now.startTicks() == intruder.startTicks()).isEmpty());
        return intruders;
    }

    private Optional<Intruder> bond(ProcessStat stat, String beside, boolean strangersCount) {
        int pid = stat.pid();
        // Whoever runs a checkpoint from within such a process does not want to be ended by it.
        if (!dumper.lineage().contains(pid) && isMarked(pid, beside)) {
            return Optional.of(intruder(stat, Bond.AUXILIARY, tree.contains(stat.parentPid()) ? stat.parentPid() : 0));
        } else if (tree.contains(pid)) {
            return Optional.empty();
        } else if (traced.containsKey(pid)) {
            return Optional.of(intruder(stat, Bond.TRACER, traced.get(pid)));
        } else if (tree.contains(stat.session())) {
            return Optional.of(intruder(stat, Bond.SESSION, stat.session()));
        } else if (tree.contains(stat.processGroup())) {
            return Optional.of(intruder(stat, Bond.PROCESS_GROUP, stat.processGroup()));
        } else if (isInit && isInNamespace(pid) || strangersCount && isInNamespace(pid) && cameFromOutside(pid)) {
            return Optional.of(intruder(stat, Bond.PID_NAMESPACE, 0));
        }
        return Optional.empty();
    }

    private static Intruder intruder(ProcessStat stat, Bond bond, int shared) {
        return new Intruder(stat.pid(), stat.comm(), stat.startTicks(), bond, shared);
    }

    private List<Held> holds(int pid) {
        List<Held> holds = new ArrayList<>();
        holders.forEach((key, who) -> who.stream().filter(holder -> holder.pid() == pid).forEach(holder -> holds.add(new Held(key, holder.fd()))));
        holds.sort(Comparator.comparingInt(Held::fd));
        return holds;
    }

    /** By its environment, which its children have as well: so whoever became their parent since. */
    private static boolean isMarked(int pid, String beside) {
        try {
            String environment = environment(pid);
            for (int looks = 1; looks < MOST_LOOKS && environment.isEmpty() && isBeingStarted(pid); looks++) {
                Pause.millis(STEP_MILLIS);
                environment = environment(pid);
            }
            return ("\0" + environment).contains("\0" + beside + "\0");
        } catch (LinuxException goneOrNotOurs) {
            return false;
        }
    }

    private static String environment(int pid) {
        return KernelString.decode(FileCalls.readProc("/proc/" + pid + "/environ"));
    }

    /** For a moment in exec the old memory is gone, and the new one has no arguments yet (fs/exec.c, begin_new_exec). A kernel thread has no executable. */
    private static boolean isBeingStarted(int pid) {
        return ProcessTable.arguments(pid).isEmpty() && !FileCalls.readlink("/proc/" + pid + "/exe").isEmpty();
    }

    /** Whether the way up from there leaves the namespace before it comes to its first process. */
    private boolean cameFromOutside(int pid) {
        int at = pid;
        while (all.containsKey(all.get(at).parentPid()) && isInNamespace(all.get(at).parentPid())) {
            at = all.get(at).parentPid();
        }
        int top = at;
        return TreeScanner.unlessGone(() -> StatusFile.read(top).nsPid()).filter(pids -> pids.get(pids.size() - 1) != 1).isPresent();
    }

    private boolean leadsPidNamespace() {
        List<Integer> pids = StatusFile.read(root.pid()).nsPid();
        return pids.size() > 1 && pids.get(pids.size() - 1) == 1;
    }

    private boolean isInNamespace(int pid) {
        try {
            return FileCalls.readlink("/proc/" + pid + "/ns/pid").equals(namespace);
        } catch (LinuxException goneOrNotOurs) {
            return false;
        }
    }
}
