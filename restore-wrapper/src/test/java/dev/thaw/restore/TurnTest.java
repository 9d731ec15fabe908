package dev.thaw.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class NetworkTurnTest {
    private static final String NAME = "\0thaw-test-" + ProcessCalls.getpid() + "-";

    private static Patience patience(Duration limit) {
        return Patience.of(limit, OptionalInt::empty);
    }

    @Test
    void the_second_has_its_turn_when_the_first_has_had_its() throws ExecutionException, InterruptedException {
        String name = NAME + "turns";
        CompletableFuture<NetworkTurn> second;
        NetworkTurn first = NetworkTurn.take(name, patience(Duration.ofSeconds(30)));
        try {
            second = CompletableFuture.supplyAsync(() -> NetworkTurn.take(name, patience(Duration.ofSeconds(30))));
            // What is not to happen has no event: at least it does not happen at once.
            assertThrows(Failure.class, () -> NetworkTurn.take(name, patience(Duration.ofMillis(200))));
            assertFalse(second.isDone());
        } finally {
            first.close();
        }
        second.get().close();
    }

    @Test
    void who_waits_too_long_is_told_and_it_is_not_the_images_fault() {
        String name = NAME + "limit";
        NetworkTurn first = NetworkTurn.take(name, patience(Duration.ofSeconds(30)));
        try {
            Failure failure = assertThrows(Failure.class, () -> NetworkTurn.take(name, patience(Duration.ofMillis(50))));
            assertEquals(ExitCode.TIME_LIMIT, failure.exitCode());
            assertTrue(failure.getCause() instanceof NotTheImagesFault);
        } finally {
            first.close();
        }
    }

    @Test
    void who_waits_ends_when_asked_to() {
        String name = NAME + "end";
        NetworkTurn first = NetworkTurn.take(name, patience(Duration.ofSeconds(30)));
        try {
            Patience asked = Patience.of(Duration.ofSeconds(30), () -> OptionalInt.of(Signals.SIGTERM));
            assertEquals(128 + Signals.SIGTERM, assertThrows(Failure.class, () -> NetworkTurn.take(name, asked)).exitCode());
        } finally {
            first.close();
        }
    }

    @Test
    void turns_of_other_names_do_not_matter() {
        try (NetworkTurn one = NetworkTurn.take(NAME + "one", patience(Duration.ofSeconds(30)));
                NetworkTurn other = NetworkTurn.take(NAME + "other", patience(Duration.ZERO))) {
            assertTrue(one != other);
        }
    }
}
