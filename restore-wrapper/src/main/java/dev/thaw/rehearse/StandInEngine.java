package dev.thaw.rehearse;

import dev.thaw.check.Finding;
import dev.thaw.check.Findings;
import dev.thaw.check.Severity;
import dev.thaw.check.pid.PidCheck;
import dev.thaw.check.pid.PidFacts;
import dev.thaw.check.pid.PidReader;
import dev.thaw.checkpoint.DumpOptions;
import dev.thaw.checkpoint.Manifests;
import dev.thaw.checkpoint.UnseenTree;
import dev.thaw.compat.Surroundings;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.Manifest;
import dev.thaw.image.ResolvedImage;
import dev.thaw.inspect.Inspection;
import dev.thaw.inspect.Inspector;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnedFd;
import dev.thaw.living.LivingReader;
import dev.thaw.living.LivingSnapshot;
import dev.thaw.living.LivingTree;
import dev.thaw.living.Standstill;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.plan.RestorePlan;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.restore.BrokerNames;
import dev.thaw.restore.PidHolders;
import dev.thaw.restore.PidHolders.PidHolder;
import dev.thaw.restore.Planning;
import dev.thaw.restore.StandIn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;

/**
 * Without criu and without root: the tree is read instead of dumped, and ended; its restore is planned, what it needs is opened and handed over to a
 * stand-in. What only memory could show is not tried.
 */
final class StandInEngine implements Engine {
    private static final Duration PID_LIMIT = Duration.ofSeconds(2);
    private static final String NO_DUMP = "nothing was dumped";

    private final Optional<DumpOptions.Tcp> tcp;
    private final Duration limit;
    private final Report report;
    private Optional<Taken> taken = Optional.empty();

    StandInEngine(Optional<DumpOptions.Tcp> tcp, Duration limit, Report report) {
        this.tcp = tcp;
        this.limit = limit;
        this.report = report;
    }

    /** The tree as it was. */
    private record Taken(ImageSnapshot tree, Manifest manifest, Inspection inspection) {}

    @Override
    public String name() {
        return "rehearse";
    }

    @Override
    public boolean restoresMemory() {
        return false;
    }

    @Override
    public Dumped dump(int root, String image) {
        DumpOptions options = new DumpOptions(false, tcp, DumpOptions.NetworkLock.SKIP, DumpOptions.Intruders.FAIL, List.of());
        // Standing still it is between no two states that nobody would see in it again, such as vfork and exec.
        try (Standstill still = Standstill.of(root, limit)) {
            Findings findings = foretold(root, options);
            if (findings.stops()) {
                throw refused(root, findings);
            }
            LivingTree living = LivingReader.read(root, still.stoppedBefore(), options);
            ImageSnapshot tree = LivingSnapshot.of(living);
            Manifest manifest = Manifests.of(living.scan(), tree,
                    Surroundings.look(living.scan().root().pid(), living.scan().root().arguments(), Optional.empty()), Manifests.Dump.none(living.criuOptions()));
            Inspection inspection = Inspector.inspect(new ResolvedImage(Optional.empty(), "", OptionalInt.empty(), true), tree, Optional.of(manifest));
            taken = Optional.of(new Taken(tree, manifest, inspection));
            still.end();
            return new Dumped(inspection, 0, Duration.ZERO, living.sharingKnown(), List.of(Observation.notTried("checkpoint", NO_DUMP), told(inspection, findings, living.sharingKnown())));
        } catch (LinuxException e) {
            throw UnseenTree.failure(root, e);
        }
    }

    /** What criu will say, as far as thaw check pid knows, and as if it had every right: a lack of them says nothing of the tree. */
    private static Findings foretold(int root, DumpOptions options) {
        try {
            PidFacts facts = PidReader.read(root).orElseThrow(() -> Failure.of(ExitCode.FAILURE, "there is no process " + root, "it has ended meanwhile"));
            return PidCheck.of(new PidFacts(facts.scan().lookedAtByRoot(), facts.shares(), facts.threads(), facts.unreadEvents(), facts.sharedMemory(),
                    facts.leaders()), options).findings();
        } catch (LinuxException e) {
            throw UnseenTree.failure(root, e);
        }
    }

    private static Failure refused(int root, Findings findings) {
        List<Failure> all = findings.all().stream().filter(finding -> finding.severity() == Severity.STOPS)
                .map(finding -> new Failure(ExitCode.PLAN, finding.what(), finding.because(), finding.tries())).toList();
        return all.size() == 1 ? all.get(0) : Failure.all(ExitCode.PLAN, "criu would not dump the tree of pid " + root + ": " + all.size() + " problems", List.of(), all);
    }

    private static Observation told(Inspection inspection, Findings findings, boolean sharingKnown) {
        int descriptors = inspection.processes().stream().mapToInt(process -> process.descriptors().size()).sum();
        int processes = inspection.processes().size();
        List<String> because = new ArrayList<>(findings.all().stream().filter(finding -> finding.severity() == Severity.NEEDS || finding.severity() == Severity.DIFFERS)
                .map(StandInEngine::text).toList());
        if (!sharingKnown) {
            because.add("kcmp(2) is not permitted here: descriptors that share one open file description count as several, and a restore may hand over less");
        }
        return Observation.held("check", processes + (processes == 1 ? " process, " : " processes, ") + descriptors + " descriptors; of a dump by criu thaw check says: "
                + findings.summary(), because);
    }

    private static String text(Finding finding) {
        return finding.what() + (finding.because().isEmpty() ? "" : ": " + String.join("; ", finding.because()));
    }

    @Override
    public Revived restore(String image, RestoreOptions options, Set<String> names, Function<String, OwnedFd> supplies) {
        Taken was = taken.orElseThrow();
        RestorePlan plan = Planning.ofLiving(was.tree(), was.manifest(), options, BrokerNames.of(Optional.of(names))).ready();
        plan.notes().forEach(report::detail);
        List<Observation> observations = new ArrayList<>();
        observations.add(Observation.notTried("restore", "CRIU would restore memory, processes and " + plan.left().size() + " descriptors by itself"));
        observations.add(Observation.held("plan", plan.handovers().size() + " handed over" + (plan.overlay().isEmpty() ? "" : ", with an overlay of the images"),
                plan.notes()));
        observations.add(pids(plan));
        List<StandIn.Arrival> arrived = StandIn.receive(plan, opening -> CriuEngine.open(opening, supplies), limit);
        observations.add(Arrivals.handover(arrived));
        return new Revived(Optional.empty(), Arrivals.before(TreeViews.of(was.inspection()), arrived), Arrivals.after(arrived), Optional.empty(), observations, Duration.ZERO);
    }

    private static Observation pids(RestorePlan plan) {
        Application.await(System.nanoTime() + PID_LIMIT.toNanos(), () -> PidHolders.of(plan.numbers()).isEmpty());
        List<PidHolder> holders = PidHolders.of(plan.numbers());
        String what = plan.numbers().size() + " pids, thread ids and groups";
        return holders.isEmpty() ? Observation.held("pids", what + " are free")
                : Observation.not("pids", holders.size() + " of " + what + " are taken",
                        holders.stream().map(holder -> holder.wanted() + ": pid " + holder.pid() + " (" + holder.command() + ") " + holder.how()).toList());
    }
}
