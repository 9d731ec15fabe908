package dev.thaw.start;

import dev.thaw.image.Generation;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What comes next: a generation to restore, a cold start, or the end. Each step takes something away, so that it comes to an end. Pure.
 *
 * @param left generations that were not tried yet, the next one first
 * @param failed how the last restore went wrong; empty at the beginning
 * @param end whether no other generation is to be tried
 * @param mayStart whether a cold start is wanted in the end
 */
record Course(List<Generation> left, Optional<Failed> failed, boolean end, boolean mayStart) {
    Course {
        left = List.copyOf(left);
    }

    /** Whose fault a failed restore is. */
    enum Fault {
        /** Another one of the same images would fail as well. */
        IMAGE,
        /** The images may be restored another day, or with other options. */
        CIRCUMSTANCES
    }

    /**
     * A restore that failed.
     *
     * @param own the application's exit code, when it came up and ended at once
     */
    record Failed(Failure why, OptionalInt own, Fault fault) {
        /** @param excused whether its cause says nothing against the images */
        static Failed of(Failure failure, boolean excused) {
            boolean byCode = failure.exitCode() == ExitCode.CRIU || failure.exitCode() == ExitCode.TIME_LIMIT || failure.exitCode() == ExitCode.IMAGE;
            return new Failed(failure, OptionalInt.empty(), byCode && !excused ? Fault.IMAGE : Fault.CIRCUMSTANCES);
        }

        static Failed atOnce(Failure failure, int exitCode) {
            return new Failed(failure, exitCode == ExitCode.OK ? OptionalInt.empty() : OptionalInt.of(exitCode), Fault.IMAGE);
        }
    }

    /** A step. */
    sealed interface Next {
        record Restore(Generation generation) implements Next {}

        /** @param despite what went wrong before; empty when there was nothing to restore */
        record Start(Optional<Failure> despite) implements Next {}

        record End(Failed why) implements Next {}
    }

    /** @param mayStart whether a cold start follows when no restore works; without any generation there is one in any case */
    static Course of(List<Generation> candidates, boolean mayStart) {
        return new Course(candidates, Optional.empty(), false, mayStart);
    }

    Next next() {
        if (!end && !left.isEmpty()) {
            return new Next.Restore(left.get(0));
        }
        if (failed.isEmpty() || mayStart) {
            return new Next.Start(failed.map(Failed::why));
        }
        return new Next.End(failed.get());
    }

    /** When the first of the generations left was tried: only an image at fault makes an older one worth a try. */
    Course after(Failed how) {
        return new Course(left.subList(1, left.size()), Optional.of(how), how.fault() == Fault.CIRCUMSTANCES, mayStart);
    }
}
