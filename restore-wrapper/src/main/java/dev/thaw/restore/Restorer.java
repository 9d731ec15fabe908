package dev.thaw.restore;

import dev.thaw.criu.CriuBinary;
import dev.thaw.inspect.ImageLogContext;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.WaitStatus;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.plan.Handover;
import dev.thaw.plan.Opening;
import dev.thaw.plan.RestorePlan;
import dev.thaw.report.Durations;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.supervise.Pause;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;

/**
 * Carries out a plan: waits for the pids, opens, writes the overlay, starts criu, proves. Afterwards either every handover has arrived, or
 * nothing of the tree is left.
 */
public final class Restorer {
    /** How long pids may take to become free; a reaper that is slow needs a second or two. */
    private static final Duration PID_LIMIT = Duration.ofSeconds(15);
    private static final long RETRY_MILLIS = 100;

    private final CriuBinary criu;
    private final Report report;
    private final Function<String, Optional<String>> environment;
    private final Function<Opening, OwnedFd> elsewhere;
    private final Map<Integer, String> markers;
    private final Supplier<OptionalInt> endAskedFor;
    private IntConsumer look = root -> {};

    /**
     * @param environment value of a variable by name
     * @param elsewhere opens sources that are neither paths, own descriptors nor the journal; the result is owned by the restore
     * @param markers texts by descriptor of the root, see {@link Markers}
     * @param endAskedFor a signal that came and asks for an end; as long as the tree has not run, the restore is given up for it
     */
    public Restorer(CriuBinary criu, Report report, Function<String, Optional<String>> environment, Function<Opening, OwnedFd> elsewhere,
            Map<Integer, String> markers, Supplier<OptionalInt> endAskedFor) {
        this.criu = criu;
        this.report = report;
        this.environment = environment;
        this.elsewhere = elsewhere;
        this.markers = Map.copyOf(markers);
        this.endAskedFor = endAskedFor;
    }

    /**
     * Has somebody look at the restored tree before it runs.
     *
     * @param look is given the root's pid, when every handover has arrived; where criu cannot be made to wait the tree runs already
     * @return this
     */
    public Restorer lookingAt(IntConsumer look) {
        this.look = look;
        return this;
    }

    /**
     * @throws Failure with the exit code of what went wrong; the images are as they were, no process of the tree is left
     */
    public Restored restore(RestoreRequest request) {
        Patience patience = Patience.of(request.limit(), endAskedFor);
        RestorePlan plan = request.plan();
        ProcessCalls.setChildSubreaper(true);
        boolean contained = request.pidNamespace() && !bringsPidNamespace(request);
        if (!contained) {
            makeRoom(request, patience, PidHolders.seemFree(request.plan().numbers()));
        }
        Set<Integer> known = HalfRestored.descendants();
        Turn turn = Turn.take(criu, request.image(), patience);
        try (OpenedHandovers opened = new HandoverOpener(elsewhere).open(plan);
                WorkDirectory work = WorkDirectory.create(environment)) {
            String images = request.image().directory();
            if (plan.overlay().isPresent()) {
                images = work.file("images");
                OverlayDirectory.write(request.image(), plan.overlay().get(), images);
            }
            Contents contents = new Contents(plan, opened, markers);
            try (Surety surety = contained ? Surety.inNamespace(plan.numbers()) : Surety.here(work, plan.numbers())) {
                known.addAll(surety.helpers());
                Restored restored = new Run(request, images, work, surety, opened, contents, known, patience).execute();
                opened.keepFiles();
                FailureLog.forget(work, request.plan().imagesDirectory());
                return restored;
            }
        } finally {
            turn.close();
        }
    }

    private void makeRoom(RestoreRequest request, Patience patience, boolean seemFree) {
        if (!bringsPidNamespace(request)) {
            LastPid.stepAside(request.plan().numbers(), report);
        }
        if (!bringsPidNamespace(request) && !seemFree) {
            PidHolders.awaitFree(request.plan().numbers(), patience.within(PID_LIMIT));
        }
    }

    /** Then its pids are numbers in there, and free. */
    private static boolean bringsPidNamespace(RestoreRequest request) {
        return request.image().root().ids().pid() != request.image().inventory().rootIds().pid();
    }

    /** From the start of criu to the proof, again when that may help. */
    private final class Run {
        private final RestoreRequest request;
        private final String images;
        private final WorkDirectory work;
        private final Surety surety;
        private final OpenedHandovers opened;
        private final Contents contents;
        private final Set<Integer> known;
        private final Patience patience;
        private final Patience forPids;
        private CriuStart start;
        private String again = "";

        Run(RestoreRequest request, String images, WorkDirectory work, Surety surety, OpenedHandovers opened, Contents contents,
                Set<Integer> known, Patience patience) {
            this.request = request;
            this.images = images;
            this.work = work;
            this.surety = surety;
            this.opened = opened;
            this.contents = contents;
            this.known = known;
            this.patience = patience;
            this.forPids = patience.within(PID_LIMIT);
            this.start = CriuStart.of(criu, request);
        }

        Restored execute() {
            Optional<Restored> restored = Optional.empty();
            while (restored.isEmpty()) {
                try {
                    restored = attempt();
                } finally {
                    if (restored.isEmpty()) {
                        HalfRestored.end(known);
                    }
                }
                if (restored.isEmpty()) {
                    report.detail(again + "; trying again");
                    makeRoom(request, patience, false);
                    Pause.millis(RETRY_MILLIS);
                }
            }
            return restored.get();
        }

        /** @return empty when it is worth another one */
        private Optional<Restored> attempt() {
            RestorePlan plan = request.plan();
            Instant begin = Instant.now();
            try (CriuRun criuRun = CriuRun.start(criu, start, plan, images, work, surety, opened, contents::prepare)) {
                report.detail(start.text());
                report.trace(String.join(" ", criuRun.argv()));
                LostRoot root = new LostRoot(surety.rootPid(plan));
                OptionalInt held = criuRun.awaitRestored(patience, () -> {
                    patience.check();
                    root.check();
                });
                List<Proof.Missing> missing = held.isPresent() ? proveHeld(criuRun, surety.realPids(plan, held.getAsInt()), root) : notHeld();
                CriuRun.Outcome outcome = criuRun.awaitEnd(patience, root::check);
                Duration criuTime = Duration.between(begin, Instant.now());
                if (!missing.isEmpty()) {
                    throw notArrived(plan, missing);
                }
                if (outcome.status().isEmpty()) {
                    throw CriuFailure.timedOut(outcome, FailureLog.keep(outcome, work, request.imageRoot(), plan.imagesDirectory()), Durations.format(criuTime),
                            ImageLogContext.of(request.image(), Optional.empty()));
                }
                if (!outcome.succeeded()) {
                    if (isWorthAnother(outcome, held.isPresent())) {
                        return Optional.empty();
                    }
                    throw CriuFailure.of(outcome, FailureLog.keep(outcome, work, request.imageRoot(), plan.imagesDirectory()), plan,
                            ImageLogContext.of(request.image(), Optional.empty()));
                }
                IntUnaryOperator pids = surety.realPids(plan, outcome.rootPid().getAsInt());
                if (held.isEmpty()) {
                    look.accept(pids.applyAsInt(plan.rootPid()));
                    proveRunning(plan, opened, pids);
                }
                return Optional.of(new Restored(pids.applyAsInt(plan.rootPid()), criuTime, known, surety.succeed(plan.rootPid())));
            }
        }

        private List<Proof.Missing> notHeld() {
            patience.check();
            return List.of();
        }

        /** Between the proof and the go-ahead is the place for what cannot be taken back: nothing of the tree has run, and it is all there. */
        private List<Proof.Missing> proveHeld(CriuRun criuRun, IntUnaryOperator pids, LostRoot root) {
            root.is(pids.applyAsInt(request.plan().rootPid()));
            boolean goOn = false;
            try {
                List<Proof.Missing> missing = check(request.plan(), opened, pids);
                patience.check();
                if (missing.isEmpty() && !patience.isOver()) {
                    look.accept(pids.applyAsInt(request.plan().rootPid()));
                    contents.prepare();
                    goOn = true;
                }
                return missing;
            } finally {
                criuRun.answer(goOn);
            }
        }

        private boolean isWorthAnother(CriuRun.Outcome outcome, boolean held) {
            if (CriuFailure.isTakenNumber(outcome) && !request.pidNamespace() && !forPids.isOver()) {
                // A number that seemed free may be taken by the time criu wants it, or by what nobody shows; most of it passes.
                again = "criu found a pid or thread id of the image taken";
                return true;
            }
            if (start.isShort() && !held && outcome.status().filter(WaitStatus.Exited.class::isInstance).isPresent()) {
                // What is wrong is for criu to say in its usual way; one that was killed has said nothing.
                start = CriuStart.full("it failed without them");
                again = "criu failed without its probes";
                return true;
            }
            return false;
        }
    }

    private List<Proof.Missing> check(RestorePlan plan, OpenedHandovers opened, IntUnaryOperator pids) {
        List<Proof.Missing> missing = Proof.check(plan, opened, pids);
        if (missing.isEmpty()) {
            for (Handover handover : plan.handovers()) {
                report.detail("proven: " + handover.uses().get(0).text() + " is " + handover.opening().text());
            }
        }
        return missing;
    }

    /** Where criu could not be made to wait. The application may have changed its descriptors, or ended, before we looked. */
    private void proveRunning(RestorePlan plan, OpenedHandovers opened, IntUnaryOperator pids) {
        List<Proof.Missing> missing = check(plan, opened, pids);
        if (ProcessStat.read(pids.applyAsInt(plan.rootPid())).map(ProcessStat::isZombie).orElse(true)) {
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
}
