package dev.thaw.restore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.WaitStatus;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class FailureLogTest {

    @Test
    void images_that_fail_at_the_same_time_have_logs_of_their_own(@TempDir Path base) {
        try (WorkDirectory work = WorkDirectory.create(List.of(base.toString()))) {
            String one = FailureLog.keep(failed("one"), work, Optional.empty(), "/images/one").orElseThrow();
            String other = FailureLog.keep(failed("other"), work, Optional.empty(), "/images/other").orElseThrow();
            assertNotEquals(one, other);
            assertEquals("one", read(one));
            assertEquals("other", read(other));
            assertEquals(one, FailureLog.keep(failed("one again"), work, Optional.empty(), "/images/one").orElseThrow());
            assertEquals("one again", read(one));
            assertEquals(0600, FileCalls.stat(one).permissions());
        }
    }

    @Test
    void it_lies_beside_the_generations_where_it_can(@TempDir Path base, @TempDir Path image) {
        try (WorkDirectory work = WorkDirectory.create(List.of(base.toString()))) {
            assertEquals(image + "/" + FailureLog.NAME,
                    FailureLog.keep(failed("why"), work, Optional.of(image.toString()), image + "/000001").orElseThrow());
            assertTrue(FailureLog.keep(failed("why"), work, Optional.of("/nonexistent"), "/nonexistent/000001").orElseThrow()
                    .startsWith(base + "/thaw-"));
        }
    }

    @Test
    void nothing_is_written_through_what_somebody_has_put_under_the_name_of_the_file_in_the_making(@TempDir Path base, @TempDir Path image) {
        String victim = base + "/victim";
        FileCalls.writeFile(victim, "precious".getBytes(UTF_8), 0600);
        FileCalls.symlink(victim, image + "/" + FailureLog.NAME + "." + ProcessCalls.getpid());
        try (WorkDirectory work = WorkDirectory.create(List.of(base.toString()))) {
            String log = FailureLog.keep(failed("why"), work, Optional.of(image.toString()), image + "/000001").orElseThrow();
            assertEquals("why", read(log));
            assertEquals("precious", read(victim));
        }
    }

    private static CriuRun.Outcome failed(String log) {
        return new CriuRun.Outcome(Optional.of(new WaitStatus.Exited(1)), OptionalInt.empty(), "", log);
    }

    private static String read(String path) {
        return new String(FileCalls.readAll(path), UTF_8);
    }
}
