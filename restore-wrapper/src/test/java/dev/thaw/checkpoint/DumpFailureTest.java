package dev.thaw.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.criu.LogContext;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class DumpFailureTest {
    private static final String LOG = """
            (00.000010) Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted
            (00.033998) Error (criu/sockets.c:767): sockets: BUG! Unknown socket collected (family 40)
            (00.034010) Error (criu/cr-dump.c:1545): Dump files (pid: 15963) failed with -1
            (00.034100) Error (criu/cr-dump.c:1975): Dumping FAILED.
            """;

    @Test
    void the_cause_is_quoted_and_the_state_of_things_is_told() {
        Failure failure = failure(LOG, "", List.of()).refused(1);
        assertEquals(ExitCode.CRIU, failure.exitCode());
        assertEquals("criu could not dump pid 100 (app)", failure.what());
        assertTrue(failure.because().contains("criu: (00.033998) Error (criu/sockets.c:767): sockets: BUG! Unknown socket collected (family 40)"),
                failure.because()::toString);
        assertTrue(failure.because().contains("it concerns pid 15963 (app)"), failure.because()::toString);
        assertEquals("pid 100 (app) runs on as before, and generation 000001 is still current", last(failure.because()));
        assertEquals("the whole log: /img/last-failure.log", last(failure.tries()));
    }

    @Test
    void a_mistake_in_an_option_is_taken_from_what_criu_wrote_to_its_stderr() {
        Failure failure = failure("", "criu: unrecognized option '--nonsense'\n\nUsage:\n  criu dump|pre-dump -t PID [<options>]\n"
                + "Try -h|--help for more info\n", List.of()).refused(1);
        assertEquals(List.of("criu does not know the option --nonsense, or wants it in another form", "criu: criu: unrecognized option '--nonsense'",
                "pid 100 (app) runs on as before, and generation 000001 is still current"), failure.because());
        assertTrue(failure.tries().get(0).contains("thaw checkpoint without that --criu-option"), failure.tries()::toString);
    }

    @Test
    void of_an_unknown_cause_it_is_said_who_looks_for_it() {
        Failure failure = failure("(00.1) Error (criu/odd.c:1): odd: the moon is in the way\n", "", List.of()).refused(1);
        assertTrue(failure.tries().get(0).startsWith("thaw check pid PID"), failure.tries()::toString);
    }

    @Test
    void what_no_longer_runs_is_not_called_fine() {
        Failure failure = failure(LOG, "", List.of("pid 101 (worker) has ended")).refused(1);
        assertEquals("pid 101 (worker) has ended", last(failure.because()));
    }

    @Test
    void a_limit_that_has_passed_has_its_own_exit_code() {
        Failure failure = failure("(00.1) Dumping pages\n", "", List.of()).late(Duration.ofSeconds(3));
        assertEquals(ExitCode.TIME_LIMIT, failure.exitCode());
        assertEquals(List.of("the dump had not ended after 3 s", "criu came as far as: (00.1) Dumping pages",
                "pid 100 (app) runs on as before, and generation 000001 is still current"), failure.because());
    }

    private static DumpFailure failure(String log, String output, List<String> wrong) {
        return new DumpFailure("pid 100 (app)", log, output, wrong, Optional.of("000001"), Optional.of("/img/last-failure.log"),
                new LogContext(List.of(new LogContext.Process(15963, "app", List.of(15963))), List.of()));
    }

    private static String last(List<String> lines) {
        return lines.get(lines.size() - 1);
    }
}
