package dev.thaw.restore;

import dev.thaw.criu.CriuBinary;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.plan.Handover;
import dev.thaw.plan.Opening;
import dev.thaw.plan.RestorePlan;
import dev.thaw.report.Durations;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;

/**
 * Carries out a plan: waits for the pids, opens, writes the overlay, starts criu, proves. Afterwards either every handover has arrived, or
 * nothing of the tree is left.
 */
public final class Restorer {
    /** How long pids may take to become free; a reaper that is slow needs a second or two. */
    private static final Duration PID_LIMIT = Duration.ofSeconds(15);

    private final CriuBinary criu;
    private final Report report;
    private final Function<String, Optional<String>> environment;
    private final Function<Opening, OwnedFd> elsewhere;
    private final Map<Integer, String> markers;

    /**
     * @param environment value of a variable by name
     * @param elsewhere opens sources that are neither paths, own descriptors nor the journal; the result is owned by the restore
     * @param markers texts by descriptor of the root, see {@link Markers}
     */
    public Restorer(CriuBinary criu, Report report, Function<String, Optional<String>> environment, Function<Opening, OwnedFd> elsewhere,
            Map<Integer, String> markers) {
        this.criu = criu;
        this.report = report;
        this.environment = environment;
        this.elsewhere = elsewhere;
        this.markers = Map.copyOf(markers);
    }

    /**
     * A restored tree.
     *
     * @param rootPid our child
     * @param criuTime from the start of criu until it ended
     */
    public record Restored(int rootPid, Duration criuTime) {}

    /**
     * @param limit for everything up to the proof
     * @throws Failure with the exit code of what went wrong; the images are as they were, no process of the tree is left
     */
    public Restored restore(ImageSnapshot image, RestorePlan plan, Duration limit) {
        Instant deadline = Instant.now().plus(limit);
        ProcessCalls.setChildSubreaper(true);
        PidHolders.awaitFree(plan.numbers(), shorter(PID_LIMIT, limit));
        try (OpenedHandovers opened = new HandoverOpener(elsewhere).open(plan); WorkDirectory work = WorkDirectory.create(environment)) {
            String images = image.directory();
            if (plan.overlay().isPresent()) {
                images = work.file("images");
                OverlayDirectory.write(image, plan.overlay().get(), images);
            }
            Markers.write(markers, plan, opened);
            return run(plan, images, work, opened, deadline);
        }
    }

    private Restored run(RestorePlan plan, String images, WorkDirectory work, OpenedHandovers opened, Instant deadline) {
        Set<Integer> known = HalfRestored.descendants();
        boolean proven = false;
        Instant start = Instant.now();
        try (CriuRun criuRun = CriuRun.start(criu, plan, images, work, opened)) {
            report.trace(String.join(" ", criuRun.argv()));
            OptionalInt held = criuRun.awaitRestored(left(deadline));
            List<Proof.Missing> missing = held.isPresent() ? check(plan, opened, held.getAsInt()) : List.of();
            if (held.isPresent()) {
                criuRun.answer(missing.isEmpty());
            }
            CriuRun.Outcome outcome = criuRun.awaitEnd(left(deadline));
            Duration criuTime = Duration.between(start, Instant.now());
            if (!missing.isEmpty()) {
                throw notArrived(plan, missing);
            }
            if (outcome.status().isEmpty()) {
                throw CriuFailure.timedOut(outcome, work, Durations.format(criuTime));
            }
            if (!outcome.succeeded()) {
                throw CriuFailure.of(outcome, work, plan);
            }
            if (held.isEmpty()) {
                proveRunning(plan, opened, outcome.rootPid().getAsInt());
            }
            proven = true;
            return new Restored(outcome.rootPid().getAsInt(), criuTime);
        } finally {
            if (!proven) {
                HalfRestored.end(known);
            }
        }
    }

    private List<Proof.Missing> check(RestorePlan plan, OpenedHandovers opened, int rootPid) {
        int shift = rootPid - plan.rootPid();
        List<Proof.Missing> missing = Proof.check(plan, opened, pid -> pid + shift);
        if (missing.isEmpty()) {
            for (Handover handover : plan.handovers()) {
                report.detail("proven: " + handover.uses().get(0).text() + " is " + handover.opening().text());
            }
        }
        return missing;
    }

    /** Where criu could not be made to wait. The application may have changed its descriptors, or ended, before we looked. */
    private void proveRunning(RestorePlan plan, OpenedHandovers opened, int rootPid) {
        List<Proof.Missing> missing = check(plan, opened, rootPid);
        if (ProcessStat.read(rootPid).map(ProcessStat::isZombie).orElse(true)) {
            // The settle check says so, with its status.
            report.detail("the application ended before the proof");
        } else if (!missing.isEmpty()) {
            throw notArrived(plan, missing);
        }
    }

    private static Failure notArrived(RestorePlan plan, List<Proof.Missing> missing) {
        List<String> because = new ArrayList<>();
        missing.forEach(entry -> because.add(entry.what() + ": " + entry.because()));
        return new Failure(ExitCode.CRIU, "criu reported success, but " + missing.size() + " of " + plan.handovers().size()
                + " descriptors did not arrive; the restored processes were ended", because,
                List.of("again with -vv and --log-file, and report it: this is a fault of thaw or criu"));
    }

    private static Duration left(Instant deadline) {
        Duration left = Duration.between(Instant.now(), deadline);
        return left.isNegative() ? Duration.ZERO : left;
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

}
