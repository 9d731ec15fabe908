package dev.thaw.rehearse;

import dev.thaw.checkpoint.Checkpoint;
import dev.thaw.checkpoint.CheckpointRequest;
import dev.thaw.checkpoint.Checkpointer;
import dev.thaw.checkpoint.DumpOptions;
import dev.thaw.checkpoint.Verifier;
import dev.thaw.criu.CriuBinary;
import dev.thaw.inspect.Inspector;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.plan.LostLocks;
import dev.thaw.plan.Opening;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.plan.RestorePlan;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.restore.BrokerNames;
import dev.thaw.restore.Planning;
import dev.thaw.restore.RestoreRequest;
import dev.thaw.restore.Restored;
import dev.thaw.restore.Restorer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;

/** The real one: the classes behind thaw checkpoint and thaw restore. */
final class CriuEngine implements Engine {
    private static final int KEPT = 2;

    private final CriuBinary criu;
    private final Optional<DumpOptions.Tcp> tcp;
    private final Duration limit;
    private final Report report;
    private final Function<String, Optional<String>> variable;

    CriuEngine(CriuBinary criu, Optional<DumpOptions.Tcp> tcp, Duration limit, Report report, Function<String, Optional<String>> variable) {
        this.criu = criu;
        this.tcp = tcp;
        this.limit = limit;
        this.report = report;
        this.variable = variable;
    }

    @Override
    public String name() {
        return "criu";
    }

    @Override
    public boolean restoresMemory() {
        return true;
    }

    @Override
    public Dumped dump(int root, String image) throws InterruptedException {
        DumpOptions options = new DumpOptions(false, tcp, DumpOptions.NetworkLock.SKIP, DumpOptions.Intruders.FAIL, List.of());
        Checkpoint made = new Checkpointer(new CheckpointRequest(root, image, options, KEPT, limit, criu), Verifier.readable(), report, variable).run();
        made.notes().forEach(note -> report.detail(note.what()));
        return new Dumped(Inspector.read(image), made.manifest().imageBytes(), made.elapsed(), true,
                List.of(Observation.held("checkpoint", mebibytes(made.manifest().imageBytes()))));
    }

    @Override
    public Revived restore(String image, RestoreOptions options, Set<String> names, Function<String, OwnedFd> supplies) {
        long start = System.nanoTime();
        Planning planning = Planning.of(image, options, Set.of(), BrokerNames.of(Optional.of(names)),
                new Planning.Expectation(Optional.of(criu.version()), Optional.empty()));
        RestorePlan plan = planning.ready();
        plan.notes().forEach(report::detail);
        TreeView[] seen = new TreeView[1];
        Restored restored = new Restorer(criu, report, variable, opening -> open(opening, supplies), Map.of(), OptionalInt::empty)
                .lookingAt(root -> seen[0] = TreeViews.ofLiving(ProcessTable.tree(root)))
                .restore(new RestoreRequest(planning.image(), plan, planning.resolved().imageRoot(), limit, false));
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        TreeView running = TreeViews.ofLiving(ProcessTable.tree(restored.rootPid()));
        return new Revived(Optional.of(restored.rootPid()), TreeViews.of(Inspector.inspect(planning.resolved(), planning.image(), planning.manifest())), seen[0],
                Optional.of(running), observations(planning, elapsed), elapsed);
    }

    /** criu itself says nothing of locks. */
    private static List<Observation> observations(Planning planning, Duration elapsed) {
        List<Observation> observations = new ArrayList<>(List.of(Observation.held("restore", "in " + elapsed.toMillis() + " ms")));
        List<LostLocks.Lost> lost = LostLocks.of(planning.image());
        if (!lost.isEmpty()) {
            observations.add(Observation.not("locks", lost.get(0).what() + (lost.size() == 1 ? "" : ", and there are " + (lost.size() - 1) + " more like it"),
                    List.of(LostLocks.Lost.BECAUSE), "locks that stay: docs/applications.md, \"What to avoid\""));
        }
        return observations;
    }

    private static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0);
    }

    static OwnedFd open(Opening opening, Function<String, OwnedFd> supplies) {
        if (opening instanceof Opening.Broker named) {
            return supplies.apply(named.name());
        }
        throw Failure.of(ExitCode.SOURCE, "a rehearsal has no " + opening.text(), "it opens files, and hands over its own streams", "--map with a file, or with null");
    }
}
