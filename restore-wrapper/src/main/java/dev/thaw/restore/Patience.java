package dev.thaw.restore;

import dev.thaw.linux.Signals;
import dev.thaw.report.Failure;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Supplier;

/** How long a restore may go on: until its limit has passed, or somebody has asked thaw to end. */
final class Patience {
    /** How soon a signal that asks for an end takes effect. */
    static final Duration STEP = Duration.ofMillis(50);

    /** By System.nanoTime, which nobody sets. */
    private final long deadlineNanos;
    private final Supplier<OptionalInt> endAskedFor;

    private Patience(long deadlineNanos, Supplier<OptionalInt> endAskedFor) {
        this.deadlineNanos = deadlineNanos;
        this.endAskedFor = endAskedFor;
    }

    /** @param endAskedFor a signal that came and asks for an end, as soon as there is one */
    static Patience of(Duration limit, Supplier<OptionalInt> endAskedFor) {
        return new Patience(System.nanoTime() + limit.toNanos(), endAskedFor);
    }

    /** The same, within {@code limit} from now. */
    Patience within(Duration limit) {
        return new Patience(System.nanoTime() + Math.min(limit.toNanos(), leftNanos()), endAskedFor);
    }

    Duration left() {
        return Duration.ofNanos(leftNanos());
    }

    private long leftNanos() {
        return Math.max(0, deadlineNanos - System.nanoTime());
    }

    boolean isOver() {
        return leftNanos() == 0;
    }

    /** What is left, and no longer than until {@link #check} is to be asked again. */
    Duration step() {
        Duration left = left();
        return left.compareTo(STEP) < 0 ? left : STEP;
    }

    /** @throws Failure with 128 and the number of the signal that asks for an end */
    void check() {
        OptionalInt signal = endAskedFor.get();
        if (signal.isPresent()) {
            throw new Failure(128 + signal.getAsInt(), "the restore was given up: " + Signals.name(signal.getAsInt()) + " came",
                    List.of("the application had not run yet; the image is as it was"), List.of());
        }
    }
}
