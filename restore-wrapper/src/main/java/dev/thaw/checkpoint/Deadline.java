package dev.thaw.checkpoint;

import java.time.Duration;

/** A moment that a wait must not go beyond. */
final class Deadline {
    private final Duration limit;
    private final long endNanos;

    private Deadline(Duration limit) {
        this.limit = limit;
        this.endNanos = System.nanoTime() + limit.toNanos();
    }

    static Deadline in(Duration limit) {
        return new Deadline(limit);
    }

    /** What it was set to. */
    Duration limit() {
        return limit;
    }

    /** Never negative. */
    Duration left() {
        return Duration.ofNanos(Math.max(0, endNanos - System.nanoTime()));
    }

    boolean passed() {
        return left().isZero();
    }

    /** Sleeps for {@code pause}, not beyond the deadline. */
    void pause(Duration pause) throws InterruptedException {
        Duration left = left();
        Thread.sleep((left.compareTo(pause) < 0 ? left : pause).toMillis() + 1);
    }
}
