package dev.thaw.checkpoint;

import dev.thaw.criu.CriuDump;
import dev.thaw.criu.HoldScript;
import dev.thaw.image.DumpStatistics;
import dev.thaw.image.Generation;
import dev.thaw.image.ImageException;
import dev.thaw.image.Manifest;
import dev.thaw.linux.Errno;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.WaitStatus;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.shrink.JvmShrinker;
import dev.thaw.shrink.Shrunk;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * Makes a checkpoint. The tree is ended only when its images have been written, read back and found good, are safe on disk and current; up
 * to then everything that goes wrong, thaw's own death included, leaves it running.
 */
public final class Checkpointer {
    private static final int CRIU_FREEZE_SECONDS = 10;
    private static final Duration LIMIT_OF_END = Duration.ofSeconds(30);

    private final CheckpointRequest request;
    private final Verifier verifier;
    private final Report report;
    private final Function<String, Optional<String>> variable;
    private final Deadline deadline;
    private final long startNanos = System.nanoTime();
    private Attempt underWay;
    private boolean givenUp;

    /** @param variable looks an environment variable up: TMPDIR and the like */
    public Checkpointer(CheckpointRequest request, Verifier verifier, Report report, Function<String, Optional<String>> variable) {
        this.request = request;
        this.verifier = verifier;
        this.report = report;
        this.variable = variable;
        this.deadline = Deadline.in(request.limit());
    }

    /**
     * @throws Failure when there is none; the tree runs on then, and the previous generation is still current
     * @throws InterruptedException likewise
     */
    public Checkpoint run() throws InterruptedException {
        List<Shrunk> shrunk = shrink();
        Practice practice = Practice.begin(variable);
        PlannedDump planned;
        try {
            planned = PlannedDump.of(request, variable);
        } finally {
            practice.await();
        }
        try (ImageRoot image = ImageRoot.open(request.image())) {
            Checkpoint made = attempt(planned, image, shrunk);
            prune(image);
            return made;
        } catch (LinuxException e) {
            throw new Failure(ExitCode.FAILURE, "the checkpoint of " + planned.root() + " was given up", List.of(e.getMessage()), remedy(e), e);
        }
    }

    private List<String> remedy(LinuxException e) {
        if (e.is(Errno.ENOSPC)) {
            return List.of("df -h " + request.image() + ", and df -i: an image takes about as much as the process has memory");
        }
        return e.is(Errno.EROFS) || e.is(Errno.EACCES) || e.is(Errno.EPERM) ? List.of("a directory that you may write to") : List.of();
    }

    /** Before anything else: a JVM that has taken a command has one descriptor and one thread more. */
    private List<Shrunk> shrink() throws InterruptedException {
        if (!request.shrinkJvms()) {
            return List.of();
        }
        List<Shrunk> shrunk = JvmShrinker.shrink(request.pid(), deadline.left().dividedBy(2));
        if (shrunk.isEmpty()) {
            report.warning("there is no JVM to shrink below pid " + request.pid(), List.of("none of its processes has mapped a libjvm.so"), List.of());
        }
        shrunk.stream().filter(jvm -> !jvm.because().isEmpty()).forEach(jvm -> report.warning(
                "pid " + jvm.pid() + " (" + jvm.command() + ") was not shrunk", jvm.because(), jvm.tries()));
        return shrunk;
    }

    /** From another thread: lets the tree run on, unless the checkpoint counts already. Then {@link #run} fails. */
    public synchronized void giveUp() {
        givenUp = true;
        if (underWay != null) {
            underWay.abandon();
        }
    }

    private synchronized void begin(Attempt attempt) {
        underWay = attempt;
        if (givenUp) {
            attempt.abandon();
        }
    }

    private Checkpoint attempt(PlannedDump planned, ImageRoot image, List<Shrunk> shrunk) throws InterruptedException {
        try (Attempt attempt = new Attempt(image, variable)) {
            begin(attempt);
            Outcome outcome = dump(planned, attempt);
            if (outcome instanceof Outcome.Made made) {
                Duration elapsed = Duration.ofNanos(System.nanoTime() - startNanos);
                return new Checkpoint(attempt.generation(), made.manifest(), planned.plan().notes(), elapsed, stoppedMicros(attempt), shrunk);
            }
            Outcome.Failed failed = (Outcome.Failed) outcome;
            attempt.abandon();
            List<String> wrong = new Survivors(planned.scan()).awaitRunning();
            throw failed.why().apply(new DumpFailure(planned.root(), attempt.log(), failed.output(), wrong, attempt.previous(), attempt.keptLog(),
                    ScanLogContext.of(planned.scan())));
        }
    }

    /** criu writes it at its very end, after the generation is complete: so it stands in no manifest of a tree that was ended. */
    private static long stoppedMicros(Attempt attempt) {
        try {
            return DumpStatistics.read(attempt.workDirectory()).map(DumpStatistics::frozenMicros).orElse(0L);
        } catch (ImageException | LinuxException e) {
            return 0; // the checkpoint counts without it
        }
    }

    /** How a dump went. */
    private sealed interface Outcome {
        /** The generation is complete and current. */
        record Made(Manifest manifest) implements Outcome {}

        /**
         * It is not.
         *
         * @param why makes the failure of it
         * @param output what criu wrote to its streams
         */
        record Failed(Function<DumpFailure, Failure> why, String output) implements Outcome {}
    }

    private Outcome dump(PlannedDump planned, Attempt attempt) throws InterruptedException {
        List<String> options = new ArrayList<>(planned.plan().criuOptions());
        options.addAll(request.options().criuOptions());
        Sealing sealing = new Sealing(request, planned.scan(), planned.plan().notes(), options, attempt);
        boolean leaveRunning = request.options().leaveRunning();
        try (HoldScript script = HoldScript.at("post-dump", DumpRun.SAYS, DumpRun.HEARS)) {
            // Where it is not, criu ends the tree before its images are looked at.
            boolean hold = !leaveRunning && script.isUsable(request.criu().path());
            CriuDump dump = new CriuDump(planned.scan().imagePid(planned.scan().root()), attempt.generation().directory(), attempt.workDirectory(), leaveRunning, freezeSeconds(),
                    hold && !planned.scan().dumper().inside() ? script.path() : "", options);
            report.detail("criu " + request.criu().version() + ": " + String.join(" ", dump.arguments(request.criu().path())));
            try (DumpRun run = planned.scan().dumper().inside()
                    ? DumpRun.startInside(request.pid(), request.criu().path(), dump, planned.plan().user(), hold ? OptionalInt.of(script.number()) : OptionalInt.empty())
                    : DumpRun.start(request.criu().path(), dump, planned.plan().user())) {
                attempt.running(run);
                return hold ? heldDump(planned, attempt, sealing, run) : plainDump(planned, attempt, sealing, run);
            }
        }
    }

    /** criu waits with the frozen tree until the generation is complete. */
    private Outcome heldDump(PlannedDump planned, Attempt attempt, Sealing sealing, DumpRun run) throws InterruptedException {
        switch (run.awaitHold(deadline)) {
            case LIMIT_PASSED:
                return failed(run, failure -> failure.late(deadline.limit()));
            case ENDED:
                return refused(run, run.awaitEnd(LIMIT_OF_END));
            default:
                break;
        }
        Outcome sealed = seal(attempt, sealing, run);
        if (sealed instanceof Outcome.Failed) {
            return sealed;
        }
        run.answer(HoldScript.GO);
        Optional<WaitStatus> end = run.awaitEnd(LIMIT_OF_END);
        run.kill();
        List<String> running = new Survivors(planned.scan()).awaitEnd(LIMIT_OF_END);
        if (running.size() == planned.livingProcesses()) {
            attempt.revoke();
            return refused(run, end);
        }
        // Once a process is gone the image is all there is of it, whatever criu says.
        running.forEach(process -> report.warning(process + " was dumped, and has not ended"));
        sealing.keepLog();
        return sealed;
    }

    private Outcome plainDump(PlannedDump planned, Attempt attempt, Sealing sealing, DumpRun run) throws InterruptedException {
        Optional<WaitStatus> end = run.awaitEnd(deadline.left());
        if (end.isEmpty()) {
            return failed(run, failure -> failure.late(deadline.limit()));
        }
        if (end.get().exitCode() != 0) {
            return refused(run, end);
        }
        Outcome sealed = seal(attempt, sealing, run);
        if (!request.options().leaveRunning()) {
            new Survivors(planned.scan()).awaitEnd(LIMIT_OF_END);
        }
        return sealed;
    }

    private Outcome seal(Attempt attempt, Sealing sealing, DumpRun run) {
        try {
            Sealing.Result result = sealing.seal(verifier);
            if (!result.unfit().isEmpty()) {
                List<String> reasons = result.unfit().stream().map(Finding::what).toList();
                List<String> tries = result.unfit().stream().flatMap(finding -> finding.tries().stream()).distinct().toList();
                return failed(run, failure -> failure.worthless(ExitCode.PLAN, reasons, tries));
            }
            return attempt.succeed()
                    ? new Outcome.Made(result.manifest())
                    : failed(run, failure -> failure.worthless(ExitCode.FAILURE, List.of("thaw was told to end"), List.of()));
        } catch (ImageException e) {
            return failed(run, failure -> failure.worthless(ExitCode.IMAGE, List.of(e.getMessage()), List.of()));
        } catch (LinuxException e) {
            return failed(run, failure -> failure.worthless(ExitCode.FAILURE, List.of(e.getMessage()), List.of()));
        }
    }

    private static Outcome failed(DumpRun run, Function<DumpFailure, Failure> why) {
        return new Outcome.Failed(why, run.output());
    }

    private Outcome refused(DumpRun run, Optional<WaitStatus> end) {
        return end.isEmpty()
                ? failed(run, failure -> failure.late(deadline.limit()))
                : failed(run, failure -> failure.refused(end.get().exitCode()));
    }

    /** criu's own limit holds for the freeze alone. */
    private OptionalInt freezeSeconds() {
        long seconds = Math.max(1, deadline.left().toSeconds());
        return seconds < CRIU_FREEZE_SECONDS ? OptionalInt.of((int) seconds) : OptionalInt.empty();
    }

    private void prune(ImageRoot image) {
        for (Generation old : image.superfluous(request.keep())) {
            try {
                LinkRemaps.remove(old.directory(), image.othersThan(old));
                image.discard(old.directory());
            } catch (LinuxException e) {
                report.warning("an old generation could not be removed: " + old.directory(), List.of(e.getMessage()), List.of("rm -r " + old.directory()));
            }
        }
    }
}
