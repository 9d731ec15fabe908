package dev.thaw.checkpoint;

import dev.thaw.criu.CriuPrivileges;
import dev.thaw.linux.LinuxException;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** A tree that can be dumped, as it was seen, and how. */
record PlannedDump(TreeScan scan, CheckpointPlan.Ready plan) {

    /**
     * Looks at the tree and decides; ends intruders where the user wants that.
     *
     * @param variable looks an environment variable up: PATH
     * @throws Failure with every reason against a dump; nothing was touched then
     */
    static PlannedDump of(CheckpointRequest request, Function<String, Optional<String>> variable) throws InterruptedException {
        long capabilities = CriuPrivileges.effective(request.criu().path());
        TreeScan scan = scan(request.pid()).dumpedWith(capabilities);
        DumpOptions options = CheckpointPlanner.needsNetworkLock(scan, request.options())
                ? request.options().with(NetworkLocks.available(request.criu().path(), variable)) : request.options();
        CheckpointPlan.Ready plan = ready(scan, options);
        if (plan.toEnd().isEmpty()) {
            return new PlannedDump(scan, plan);
        }
        List<TreeScan.Intruder> left = IntruderEnd.end(plan.toEnd());
        if (!left.isEmpty()) {
            throw Failure.of(ExitCode.FAILURE, left.get(0).text() + ", could not be ended", "it runs even after SIGKILL");
        }
        List<Finding> notes = new ArrayList<>(plan.notes());
        for (TreeScan.Intruder zombie : IntruderEnd.awaitReaped(plan.toEnd())) {
            notes.add(Finding.needs("pid " + zombie.pid() + " (" + zombie.command() + ") was ended, and its parent does not reap it",
                    "as long as there is a zombie, its pid, session and process group are taken", "end its parent before the restore"));
        }
        // They may have held the other ends of things.
        TreeScan without = scan(request.pid()).dumpedWith(capabilities).after(plan.toEnd());
        CheckpointPlan.Ready again = ready(without, options);
        return new PlannedDump(without, new CheckpointPlan.Ready(again.criuOptions(), notes, again.user(), List.of()));
    }

    String root() {
        return scan.root().text();
    }

    int livingProcesses() {
        return (int) scan.processes().stream().filter(process -> !process.isZombie()).count();
    }

    private static TreeScan scan(int pid) {
        try {
            return TreeScanner.scan(pid).orElseThrow(() -> Failure.of(ExitCode.FAILURE, "there is no process " + pid,
                    "/proc/" + pid + " does not exist", "thaw checkpoint --name NAME, or pgrep -f WORD for its pid"));
        } catch (LinuxException e) {
            throw UnseenTree.failure(pid, e);
        }
    }

    private static CheckpointPlan.Ready ready(TreeScan scan, DumpOptions options) {
        CheckpointPlan plan = CheckpointPlanner.plan(scan, options);
        if (plan instanceof CheckpointPlan.Ready ready) {
            return ready;
        }
        List<Failure> all = ((CheckpointPlan.Rejected) plan).problems().stream()
                .map(problem -> new Failure(ExitCode.PLAN, problem.what(), problem.because(), problem.tries())).toList();
        throw all.size() == 1 ? all.get(0) : Failure.all(ExitCode.PLAN,
                scan.root().text() + " cannot be dumped: " + all.size() + " problems", List.of("nothing was touched"), all);
    }
}
