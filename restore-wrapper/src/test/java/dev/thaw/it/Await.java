package dev.thaw.it;

import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waiting with a limit, for what has no event to wait for. */
public final class Await {
    /** Long enough for a machine whose two processors are shared by four test JVMs and by others. */
    public static final Duration LIMIT = Duration.ofSeconds(30);

    private static final long PAUSE_MILLIS = 2;

    private Await() {}

    public static void until(String what, BooleanSupplier condition) {
        until(what, LIMIT, condition);
    }

    /** @param what as in "what did not happen within the limit" */
    public static void until(String what, Duration limit, BooleanSupplier condition) {
        value(() -> what, limit, () -> condition.getAsBoolean() ? Optional.of(true) : Optional.empty());
    }

    /** @param what is asked for when the limit has passed, so that it can tell how far things have come */
    public static <T> T value(Supplier<String> what, Duration limit, Supplier<Optional<T>> attempt) {
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            // Looked at before the attempt: after a long pause of this thread there is still one attempt to come.
            boolean last = System.nanoTime() >= end;
            Optional<T> value = attempt.get();
            if (value.isPresent()) {
                return value.get();
            }
            if (last) {
                throw new AssertionError("not within " + limit.toMillis() + " ms: " + what.get());
            }
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted, most likely by the time limit of the test", e);
        }
    }
}
