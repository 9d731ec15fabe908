package dev.thaw.checkpoint;

import dev.thaw.checkpoint.TreeScan.Dumper;
import dev.thaw.criu.CriuPrivileges;
import dev.thaw.linux.Capabilities;
import java.util.List;
import java.util.Optional;

/** What criu asks of the processes themselves. */
final class ProcessRules {
    private static final int KERNEL_THREADS = 2; // pid of kthreadd, parent of all others

    private final TreeScan scan;
    private final DumpOptions options;
    private final PlanDraft draft;

    ProcessRules(TreeScan scan, DumpOptions options, PlanDraft draft) {
        this.scan = scan;
        this.options = options;
        this.draft = draft;
    }

    void apply() {
        root();
        lineage();
        rights();
        filters();
        for (ScannedProcess process : scan.processes()) {
            traced(process);
            if (process.mappings().uprobes()) {
                draft.flag("--allow-uprobes");
            }
        }
    }

    private void root() {
        ScannedProcess root = scan.root();
        if (root.isZombie()) {
            draft.add(Finding.problem(root.text() + " has ended", "it is a zombie, which only waits for its parent, pid " + root.parentPid(),
                    "pgrep -f WORD, for the pid of what runs now"));
        } else if (root.pid() == KERNEL_THREADS || root.parentPid() == KERNEL_THREADS) {
            draft.add(Finding.problem(root.text() + " is a thread of the kernel", "it has no memory that could be dumped", "pgrep -f WORD, for the pid of a program"));
        } else if (root.session() != root.pid()) {
            // criu takes the other way round for a mistake, and a restore without it hangs.
            draft.flag("--shell-job");
        }
        String ours = scan.dumper().namespaces().getOrDefault("mnt", "");
        if (!root.isZombie() && !root.namespaces().getOrDefault("mnt", "").equals(ours)) {
            draft.add(Finding.note(root.text() + " has a mount namespace of its own", "criu dumps all its mounts, and a restore makes them again",
                    "if criu does not know one of them, run thaw inside: nsenter -t " + root.pid() + " -m thaw checkpoint …"));
        }
    }

    private void lineage() {
        List<Integer> lineage = scan.dumper().lineage();
        for (int i = 0; i < lineage.size(); i++) {
            if (lineage.get(i) == scan.root().pid()) {
                String who = i == 0 ? "it is thaw itself" : "thaw (pid " + lineage.get(0) + ") runs below it";
                draft.add(Finding.problem("the tree of " + scan.root().text() + " contains thaw", who + ", and criu cannot dump who runs it",
                        "from a process outside the tree: another terminal, another service, cron"));
                return;
            }
        }
    }

    /** criu reads and sets the limits of each process (prlimit), which the kernel allows to the same user or with one capability. */
    private void rights() {
        Dumper dumper = scan.dumper();
        if (dumper.effectiveUid() != 0 || dumper.inUserNamespace()) {
            draft.flag("--unprivileged");
            if (!CriuPrivileges.suffice(dumper.capabilities())) {
                draft.add(Finding.problem("uid " + dumper.effectiveUid() + " may not dump processes",
                        "criu needs root or CAP_CHECKPOINT_RESTORE, and thaw has neither", "the same as root",
                        "setpriv --inh-caps +checkpoint_restore --ambient-caps +checkpoint_restore thaw checkpoint …"));
            }
        }
        if (!dumper.has(Capabilities.SYS_RESOURCE)) {
            List<ScannedProcess> others = scan.processes().stream()
                    .filter(process -> !process.isZombie() && !process.belongsTo(dumper.uid(), dumper.gid())).toList();
            Optional<DumpUser> user = others.isEmpty() ? Optional.empty() : userOfAll();
            if (user.isPresent()) {
                draft.flag("--unprivileged");
                draft.dumpAs(user.get());
            } else if (!others.isEmpty()) {
                ScannedProcess first = others.get(0);
                String more = others.size() == 1 ? "" : " and " + (others.size() - 1) + " more of the tree";
                int gid = first.gids().get(1);
                boolean sameUser = first.belongsTo(dumper.uid(), gid);
                draft.add(Finding.problem(first.text() + more + " runs as another " + (sameUser ? "group" : "user") + " (uid " + first.uids().get(1)
                        + ", gid " + gid + ")",
                        "criu reads the limits of each process, which needs CAP_SYS_RESOURCE for other users and groups; thaw (uid " + dumper.uid()
                        + ", gid " + dumper.gid() + ") lacks it", "thaw with CAP_SYS_RESOURCE",
                        sameUser ? "thaw in that group: setpriv --regid " + gid + " --clear-groups thaw checkpoint …"
                                : "thaw as uid " + first.uids().get(1) + " with CAP_CHECKPOINT_RESTORE"));
            }
        }
    }

    /** criu suspends a filter while its own code runs in the process, which the kernel allows to whom no filter is on (man 2 ptrace, PTRACE_O_SUSPEND_SECCOMP). */
    private void filters() {
        Dumper dumper = scan.dumper();
        List<ScannedProcess> filtered = scan.processes().stream().filter(process -> process.bonds().filtered()).toList();
        if (filtered.isEmpty() || !dumper.filtered() && dumper.has(Capabilities.SYS_ADMIN)) {
            return;
        }
        String who = filtered.get(0).text() + (filtered.size() == 1 ? "" : " and " + (filtered.size() - 1) + " more of the tree");
        if (dumper.filtered()) {
            draft.add(Finding.problem(who + " is under a seccomp filter, and so is thaw",
                    "criu has to suspend the filter for the dump, and the kernel lets nobody do that who is under one too, whatever his rights",
                    "no filter for the container: seccompProfile: {type: Unconfined} in its pod, --security-opt seccomp=unconfined; SystemCallFilter= in a unit",
                    "thaw checkpoint from outside of the container, by the pid that it has there"));
        } else {
            draft.add(Finding.problem(who + " is under a seccomp filter", "criu has to suspend it for the dump, which needs CAP_SYS_ADMIN",
                    "thaw with CAP_SYS_ADMIN", "the same as root"));
        }
    }

    /** The one user of all processes, if thaw can have criu run as that one and keep its capabilities. */
    private Optional<DumpUser> userOfAll() {
        Dumper dumper = scan.dumper();
        ScannedProcess root = scan.root();
        int uid = root.uids().get(0);
        int gid = root.gids().get(0);
        boolean all = scan.processes().stream().allMatch(process -> process.isZombie() || process.belongsTo(uid, gid));
        boolean able = dumper.effectiveUid() == 0 && dumper.has(Capabilities.SETUID) && dumper.has(Capabilities.SETGID) && dumper.has(Capabilities.SYS_PTRACE)
                && dumper.has(Capabilities.DAC_OVERRIDE);
        return all && able && uid != 0 ? Optional.of(new DumpUser(uid, gid, dumper.capabilities())) : Optional.empty();
    }

    private void traced(ScannedProcess process) {
        int tracer = process.tracerPid();
        boolean canBeEnded = scan.intruders().stream().anyMatch(intruder -> intruder.pid() == tracer);
        if (tracer != 0 && !(canBeEnded && options.intruders() == DumpOptions.Intruders.END)) {
            Optional<ScannedProcess> own = scan.processes().stream().filter(other -> other.pid() == tracer).findFirst();
            String detach = own.isPresent() ? "let it detach before the checkpoint" : "detach it, or end it: kill " + tracer;
            draft.add(Finding.problem(process.text() + " is traced by " + own.map(other -> other.text() + " of the same tree").orElse("pid " + tracer),
                    "a process has one tracer at a time (a debugger, strace, gcore), and criu has to be it",
                    canBeEnded ? new String[] {detach, "--intruders end, which ends it first"} : new String[] {detach}));
        }
    }
}
