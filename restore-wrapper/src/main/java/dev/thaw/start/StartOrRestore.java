package dev.thaw.start;

import dev.thaw.compat.Here.Asked;
import dev.thaw.compat.ThawVersion;
import dev.thaw.image.Generation;
import dev.thaw.image.Generations;
import dev.thaw.image.ImageException;
import dev.thaw.image.Quarantine;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.Signals;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.restore.CompiledRun;
import dev.thaw.restore.ImageReading;
import dev.thaw.restore.NotTheImagesFault;
import dev.thaw.restore.Planning;
import dev.thaw.start.Course.Failed;
import dev.thaw.start.Course.Next;
import dev.thaw.supervise.Lifecycle;
import dev.thaw.supervise.LifecycleOptions;
import dev.thaw.supervise.SignalForwarder;
import dev.thaw.supervise.StatusStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntSupplier;

/** Carries out a {@link Course}: restores the newest generation that works, and starts the command when none does. */
public final class StartOrRestore {
    private final RestoreSettings settings;
    private final LifecycleOptions life;
    private final StatusStream status;
    private final Report report;

    public StartOrRestore(RestoreSettings settings, LifecycleOptions life, StatusStream status, Report report) {
        this.settings = settings;
        this.life = life;
        this.status = status;
        this.report = report;
    }

    /**
     * The command that is to run, from its image or anew.
     *
     * @param asked what the image has to be of
     * @param start starts it anew and attends to it; returns the exit code
     * @param onFailure whether to do so also when there are images and none of them works
     */
    public record Command(Asked asked, IntSupplier start, boolean onFailure) {}

    /**
     * A restore of what the user names, and nothing else.
     *
     * @param begun by a compiled plan
     * @return the exit code for thaw
     */
    public int restore(String image, Optional<CompiledRun> begun) {
        // There is time for it while signals are taken hold of.
        Optional<ImageReading> reading = begun.isPresent() ? Optional.empty() : Optional.of(ImageReading.start(image));
        try (SignalForwarder signals = SignalForwarder.install()) {
            Restoration restoration = new Restoration(settings, signals, status, report);
            return begun.flatMap(run -> restoration.attend(run, life)).orElseGet(() -> restoration.restore(image, reading.orElseGet(() -> ImageReading.start(image)), Optional.empty(), life)).told(life.afterRestore(), report);
        }
    }

    /** @return the exit code for thaw */
    public int restoreOr(Command command, String image) {
        try {
            ImagePlace place = ImagePlace.of(image);
            place.passedOver().forEach(generation -> report.detail(sayQuarantined(generation)));
            // What is older than the one that counts is further behind the application's files.
            List<Generation> candidates = settings.once() ? place.candidates().stream().limit(1).toList() : place.candidates();
            return follow(Course.of(candidates, command.onFailure()), command, place);
        } catch (ImageException e) {
            Failure failure = Planning.imageFailure(image, e);
            if (!command.onFailure()) {
                throw failure;
            }
            report.warning(failure.what(), failure.because(), failure.tries());
            return command.start().getAsInt();
        }
    }

    private int follow(Course course, Command command, ImagePlace place) {
        while (true) {
            Next next = course.next();
            if (next instanceof Next.Start start) {
                start.despite().ifPresent(failure -> report.warning("starting the command anew: " + failure.what(), failure.because(), List.of()));
                if (settings.once()) {
                    Spending.spend(Spending.rootOf(place.root()));
                }
                return command.start().getAsInt();
            }
            if (next instanceof Next.End end) {
                if (end.why().own().isPresent()) {
                    report.warning(end.why().why().what());
                    return end.why().own().getAsInt();
                }
                throw end.why().why();
            }
            Generation generation = ((Next.Restore) next).generation();
            Attempt attempt = attempt(generation, command);
            if (attempt.exitCode().isPresent()) {
                return attempt.exitCode().getAsInt();
            }
            Failed failed = attempt.failed().orElseThrow();
            if (failed.fault() == Course.Fault.IMAGE && place.root().isPresent()) {
                quarantine(generation, failed.why());
            }
            course = course.after(failed);
        }
    }

    /** How one restore went: the exit code for thaw, or what is wrong. */
    private record Attempt(OptionalInt exitCode, Optional<Failed> failed) {
        static Attempt done(int exitCode) {
            return new Attempt(OptionalInt.of(exitCode), Optional.empty());
        }

        static Attempt failed(Failed failed) {
            return new Attempt(OptionalInt.empty(), Optional.of(failed));
        }
    }

    private Attempt attempt(Generation generation, Command command) {
        try (SignalForwarder signals = SignalForwarder.install()) {
            Attempt attempt = attempt(generation, command, signals);
            OptionalInt end = attempt.failed().isPresent() ? signals.endAskedFor() : OptionalInt.empty();
            if (end.isPresent()) {
                // Whoever asked for an end wants no other generation, and no start.
                report.warning(Signals.name(end.getAsInt()) + " came during a restore that failed: nothing was started");
                return Attempt.done(128 + end.getAsInt());
            }
            return attempt;
        }
    }

    private Attempt attempt(Generation generation, Command command, SignalForwarder signals) {
        try {
            Lifecycle.Outcome outcome = new Restoration(settings, signals, status, report)
                    .restore(generation.directory(), Optional.of(command.asked()), life.withAnotherTry());
            if (outcome.endedEarly().isEmpty()) {
                return Attempt.done(outcome.exitCode());
            }
            Failure failure = Failure.of(ExitCode.CRIU, outcome.endedEarly().get(), "it was restored from " + generation.directory());
            return Attempt.failed(Failed.atOnce(failure, outcome.exitCode()));
        } catch (Failure failure) {
            return Attempt.failed(Failed.of(failure, saysNothingOfImages(failure)));
        }
    }

    /** Rights and owners can be put right without another image; a busy machine is none of its doing. */
    private static boolean saysNothingOfImages(Failure failure) {
        if (failure.getCause() instanceof ImageException e) {
            return e.kind() == ImageException.Kind.UNTRUSTED || e.kind() == ImageException.Kind.UNREADABLE || e.kind() == ImageException.Kind.UNSUPPORTED;
        }
        return failure.getCause() instanceof NotTheImagesFault;
    }

    private void quarantine(Generation generation, Failure why) {
        Quarantine quarantine = new Quarantine(why.what(), why.because(), why.exitCode(), Instant.now().truncatedTo(ChronoUnit.MILLIS).toString(),
                ThawVersion.TEXT);
        try {
            quarantine.write(generation.directory());
            report.warning("generation " + Generations.directoryName(generation.number()) + " is not restored any more: " + why.what(), why.because(),
                    List.of("rm " + Quarantine.path(generation.directory()) + ", to have it tried again"));
            status.event("quarantined", "generation", generation.number(), "directory", generation.directory(), "what", why.what());
        } catch (LinuxException e) {
            report.warning("generation " + Generations.directoryName(generation.number()) + " cannot be quarantined: " + why.what(),
                    List.of(e.getMessage()), List.of("write access to the image, or each start tries it again"));
        }
    }

    private static String sayQuarantined(Generation generation) {
        String why = Quarantine.read(generation.directory()).map(quarantine -> ": " + quarantine.reason()).orElse("");
        return "generation " + Generations.directoryName(generation.number()) + " is quarantined" + why;
    }
}
