package dev.thaw.checkpoint;

import dev.thaw.checkpoint.TreeScan.Dumper;
import dev.thaw.checkpoint.TreeScan.Holder;
import dev.thaw.checkpoint.TreeScan.Intruder;
import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.linux.proc.StatusFile;
import dev.thaw.linux.proc.UserNamespace;
import dev.thaw.pidns.EnteredNamespaces;
import dev.thaw.supervise.Pause;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads {@code /proc} into a {@link TreeScan}, in one pass over all processes. */
public final class TreeScanner {
    /** Those with "for_children" are the ones that the next child will be in. */
    private static final List<String> NAMESPACES =
            List.of("mnt", "pid", "net", "ipc", "uts", "user", "cgroup", "time", "pid_for_children", "time_for_children");
    private static final int MANY = 8;
    /** Who reads from a disk is out of the kernel again by then. */
    private static final long UNINTERRUPTIBLE_NANOS = 300_000_000;
    private static final long STEP_MILLIS = 20;

    private final Map<Integer, ProcessStat> all;
    private final List<Integer> tree;
    private final int root;
    private final Set<Integer> mountIds = new HashSet<>();

    private TreeScanner(int root, Map<Integer, ProcessStat> all, List<Integer> tree) {
        this.root = root;
        this.all = all;
        this.tree = tree;
    }

    /**
     * @return empty when there is no such process
     * @throws LinuxException EACCES without the right to look at a process of the tree
     */
    public static Optional<TreeScan> scan(int root) {
        Map<Integer, ProcessStat> all = new LinkedHashMap<>();
        for (int pid : ProcessTable.pids()) {
            ProcessStat.read(pid).ifPresent(stat -> all.put(pid, stat));
        }
        List<Integer> tree = treeBelow(root, all);
        return tree.isEmpty() ? Optional.empty() : unlessGone(() -> new TreeScanner(root, all, tree).scan());
    }

    private TreeScan scan() {
        if (all.get(root).isZombie()) {
            return new TreeScan(List.of(zombie(all.get(root))), dumper(), List.of(), Map.of(), Set.of(), List.of(), List.of());
        }
        List<MountInfo> mounts = MountInfo.read(root);
        mounts.forEach(mount -> mountIds.add(mount.mountId()));
        SocketIndex sockets = SocketIndex.of(root);
        DescriptorScanner descriptors = new DescriptorScanner(mounts, sockets);
        // Tens of thousands of descriptors take a second on one processor; each is a handful of calls into the kernel.
        Stream<Integer> pids = tree.size() < MANY ? tree.stream() : tree.parallelStream();
        List<ScannedProcess> processes = pids.flatMap(pid -> unlessEnded(all.get(pid), descriptors).stream()).toList();
        if (processes.isEmpty() || processes.get(0).pid() != root) {
            throw new LinuxException("kill(" + root + ", 0)", new Errno(Errno.ESRCH));
        }
        processes = afterWaiting(processes, descriptors);
        Dumper dumper = dumper();
        Map<String, List<Holder>> holders = new OutsideScanner(all, processes, sockets).holders();
        List<Intruder> intruders = new IntruderScanner(all, tree, processes, dumper, holders).intruders();
        return new TreeScan(processes, dumper, intruders, holders, sockets.waiting(processes), mounts,
                CgroupMembership.read(root), FrozenCgroups.of(processes, MountInfo.read(ProcessCalls.getpid())));
    }

    /** Who ends while it is looked at is a zombie until it is reaped, and may be looked at in other ways only. */
    private Optional<ScannedProcess> unlessEnded(ProcessStat stat, DescriptorScanner descriptors) {
        try {
            ScannedProcess found = stat.isZombie() ? zombie(stat) : process(stat, descriptors);
            if (stat.isZombie() || asOfNow(stat).isPresent() && hasMemory(stat.pid())) {
                return Optional.of(found);
            }
        } catch (LinuxException e) {
            if (asOfNow(stat).filter(now -> !now.isZombie()).isPresent() && !e.is(Errno.ENOENT) && !e.is(Errno.ESRCH)) {
                throw e;
            }
        }
        return asOfNow(stat).filter(ProcessStat::isZombie).flatMap(zombie -> unlessGone(() -> zombie(zombie)));
    }

    private static Optional<ProcessStat> asOfNow(ProcessStat stat) {
        return ProcessStat.read(stat.pid()).filter(same -> same.startTicks() == stat.startTicks());
    }

    /** What ends gives it up first; it has no descriptors then, and is in no cgroup any more. */
    private static boolean hasMemory(int pid) {
        try {
            FileCalls.readlink("/proc/" + pid + "/exe");
            return true;
        } catch (LinuxException e) {
            return !e.is(Errno.ENOENT) && !e.is(Errno.ESRCH);
        }
    }

    private static ScannedProcess zombie(ProcessStat stat) {
        int pid = stat.pid();
        StatusFile status = StatusFile.read(pid);
        return new ScannedProcess(pid, stat.parentPid(), stat.processGroup(), stat.session(), stat.comm(), List.of(), stat.state(), ProcessTable.threads(pid),
                status.uids(), status.gids(), 0, stat.terminalDevice(), stat.startTicks(), Map.of(), List.of(), Mappings.NONE,
                new ScannedProcess.Bonds(Set.of(), false, List.of(), innerPid(status), false));
    }

    private ScannedProcess process(ProcessStat stat, DescriptorScanner descriptors) {
        int pid = stat.pid();
        StatusFile status = StatusFile.read(pid);
        List<Integer> threads = ProcessTable.threads(pid);
        List<ScannedDescriptor> open = EpollTargets.lost(pid, descriptors.scan(pid));
        return new ScannedProcess(pid, stat.parentPid(), stat.processGroup(), stat.session(), stat.comm(), ProcessTable.arguments(pid),
                stat.state(), threads, status.uids(), status.gids(), Integer.parseInt(status.field("TracerPid")),
                stat.terminalDevice(), stat.startTicks(), namespaces(pid), open, mappings(pid, open),
                new ScannedProcess.Bonds(withParent(stat), isSessionElsewhere(status), CgroupMembership.read(pid),
                        innerPid(status), isFiltered(status, threads)));
    }

    /** A filter is its thread's own, and what that thread starts afterwards inherits it (man 2 seccomp). */
    private static boolean isFiltered(StatusFile status, List<Integer> threads) {
        return status.seccomp() != 0 || threads.size() > 1
                && threads.stream().anyMatch(thread -> unlessGone(() -> StatusFile.read(thread)).filter(other -> other.seccomp() != 0).isPresent());
    }

    private static int innerPid(StatusFile status) {
        return status.nsPid().get(status.nsPid().size() - 1);
    }

    private Set<ProcessCalls.Shared> withParent(ProcessStat stat) {
        Set<ProcessCalls.Shared> shared = EnumSet.noneOf(ProcessCalls.Shared.class);
        if (stat.pid() == root) {
            return shared;
        }
        for (ProcessCalls.Shared what : List.of(ProcessCalls.Shared.MEMORY, ProcessCalls.Shared.DIRECTORIES)) {
            try {
                if (ProcessCalls.isShared(stat.pid(), stat.parentPid(), what)) {
                    shared.add(what);
                }
            } catch (LinuxException notAllowedOrGone) {
                continue; // criu will say so, if it is so
            }
        }
        return shared;
    }

    /** In a pid namespace a session that was begun outside has no number. */
    private static boolean isSessionElsewhere(StatusFile status) {
        String numbers = status.fields().getOrDefault("NSsid", "1");
        return numbers.substring(numbers.lastIndexOf('\t') + 1).equals("0");
    }

    /** Looks again at those that were waiting in the kernel, or between vfork and exec: most come back at once. */
    private List<ScannedProcess> afterWaiting(List<ScannedProcess> processes, DescriptorScanner descriptors) {
        long deadline = System.nanoTime() + UNINTERRUPTIBLE_NANOS;
        List<ScannedProcess> now = processes;
        Map<Integer, String> switches = new HashMap<>();
        while (now.stream().anyMatch(process -> process.isUninterruptible() || sharesMemory(process)) && System.nanoTime() < deadline) {
            now.stream().filter(ScannedProcess::isUninterruptible).forEach(process -> switches.computeIfAbsent(process.pid(), TreeScanner::switches));
            Pause.millis(STEP_MILLIS);
            now = now.stream().flatMap(process -> sharesMemory(process) ? again(all.get(process.pid()), descriptors).stream() : Stream.of(process.isUninterruptible()
                    ? process.withState(stateAfter(switches.get(process.pid()), process.pid())) : process)).toList();
        }
        return now;
    }

    /** Who had a processor meanwhile does not hang, whatever it waits for now: a shell that starts programs is in vfork most of the time. */
    private static char stateAfter(String switches, int pid) {
        return switches(pid).equals(switches) ? ProcessStat.read(pid).map(ProcessStat::state).orElse('S') : 'S';
    }

    /** How often it gave up a processor by itself; empty when it is gone. */
    private static String switches(int pid) {
        return unlessGone(() -> StatusFile.read(pid)).map(status -> status.field("voluntary_ctxt_switches")).orElse("");
    }

    private static boolean sharesMemory(ScannedProcess process) {
        return process.bonds().withParent().contains(ProcessCalls.Shared.MEMORY);
    }

    /** As a whole: by exec it has become another program. */
    private Optional<ScannedProcess> again(ProcessStat stat, DescriptorScanner descriptors) {
        return ProcessStat.read(stat.pid()).filter(same -> same.startTicks() == stat.startTicks()).flatMap(now -> unlessEnded(now, descriptors));
    }

    private Dumper dumper() {
        List<Integer> lineage = new ArrayList<>();
        int pid = ProcessCalls.getpid();
        while (pid > 0 && !lineage.contains(pid)) {
            lineage.add(pid);
            pid = all.containsKey(pid) ? all.get(pid).parentPid() : 0;
        }
        Map<String, String> namespaces = namespaces(ProcessCalls.getpid());
        boolean inside = EnteredNamespaces.areOpenTo(root);
        if (inside) {
            Map<String, String> theirs = namespaces(root);
            List.of("pid", "mnt").forEach(kind -> namespaces.put(kind, theirs.getOrDefault(kind, "")));
        }
        return new Dumper(lineage, ProcessCalls.getuid(), ProcessCalls.getgid(), ProcessCalls.geteuid(), ProcessCalls.capabilitiesEffective(),
                namespaces, inside, StatusFile.read(ProcessCalls.getpid()).seccomp() != 0, !UserNamespace.isInitial());
    }

    static Map<String, String> namespaces(int pid) {
        Map<String, String> namespaces = new LinkedHashMap<>();
        for (String kind : NAMESPACES) {
            // A kernel may lack some; and a pid namespace for children that no child has entered yet has no name.
            unlessGone(() -> FileCalls.readlink("/proc/" + pid + "/ns/" + kind)).filter(name -> !name.isEmpty())
                    .ifPresent(name -> namespaces.put(kind, name));
        }
        return namespaces;
    }

    private Mappings mappings(int pid, List<ScannedDescriptor> descriptors) {
        String maps = KernelString.decode(FileCalls.readProc("/proc/" + pid + "/maps"));
        Mappings found = Mappings.parse(maps);
        Set<String> locked = descriptors.stream().flatMap(descriptor -> descriptor.extras().locks().stream())
                .filter(lock -> lock.kind().equals("POSIX") && lock.pid() == pid).map(FdExtras.Lock::file).collect(Collectors.toSet());
        List<Mappings.Deleted> deleted = found.deleted().stream().map(file -> withStatus(pid, file)).toList();
        String executable = mountIds.contains(FileCalls.stat("/proc/" + pid + "/exe").mountId()) ? "" : FileCalls.readlink("/proc/" + pid + "/exe");
        return new Mappings(deleted, found.anonymousInodes(), found.uprobes(), found.special().with(executable, Mappings.mapped(maps, locked)));
    }

    private static Mappings.Deleted withStatus(int pid, Mappings.Deleted file) {
        try {
            FileStatus status = FileCalls.stat("/proc/" + pid + "/map_files/" + file.range());
            return new Mappings.Deleted(file.path(), file.range(), status.size(), status.links());
        } catch (LinuxException unmappedOrNotAllowed) {
            return file;
        }
    }

    private static List<Integer> treeBelow(int root, Map<Integer, ProcessStat> all) {
        if (!all.containsKey(root)) {
            return List.of();
        }
        Map<Integer, List<Integer>> children = new LinkedHashMap<>();
        all.values().forEach(stat -> children.computeIfAbsent(stat.parentPid(), parent -> new ArrayList<>()).add(stat.pid()));
        List<Integer> tree = new ArrayList<>(List.of(root));
        for (int i = 0; i < tree.size(); i++) {
            tree.addAll(children.getOrDefault(tree.get(i), List.of()));
        }
        return tree;
    }

    /** Processes may end while they are looked at. */
    static <T> Optional<T> unlessGone(Supplier<T> look) {
        try {
            return Optional.of(look.get());
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT) || e.is(Errno.ESRCH)) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
