package dev.thaw.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.criu.LogContext;
import dev.thaw.criu.LogContext.Held;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class CriuFailureTest {
    private static final LogContext CONTEXT = new LogContext(List.of(new LogContext.Process(5956, "redis", List.of(5956))),
            List.of(Held.descriptor(5956, "redis", 7, "socket:[81733] unix stream", 7, 81733)));

    @Test
    void a_known_hang_is_told_with_the_descriptor_that_criu_waits_at() {
        Failure failure = timedOut("(00.042000)   5956: unix: Opening standalone (stage 0 id 0x7 ino 81733 peer 0)\n");
        assertEquals(ExitCode.TIME_LIMIT, failure.exitCode());
        assertTrue(String.join("\n", failure.because()).contains("criu waits for ever for its peer\n"
                + "it concerns fd 7 of pid 5956 (redis): socket:[81733] unix stream\n"), failure.because()::toString);
    }

    @Test
    void of_an_unknown_one_only_the_last_line_is_told() {
        Failure failure = timedOut("(00.042000) Restoring pages\n");
        assertEquals(List.of("criu has no time limit of its own; the processes it had restored so far were ended",
                "its log ends with: (00.042000) Restoring pages", "the whole log: /img/log"), failure.because());
    }

    private static Failure timedOut(String log) {
        return CriuFailure.timedOut(new CriuRun.Outcome(Optional.empty(), OptionalInt.empty(), "", log), Optional.of("/img/log"), "2 s", CONTEXT);
    }
}
