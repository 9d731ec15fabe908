package dev.thaw.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.FileCalls;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(ReplaceUnderscores.class)
class WorkDirectoryTest {

    @Test
    void is_made_in_the_first_place_that_can_be_written_to(@TempDir Path temporary) {
        String path;
        try (WorkDirectory work = WorkDirectory.create(List.of("/no/such/directory", "/proc", temporary.toString()))) {
            path = work.path();
            assertTrue(path.startsWith(temporary + "/thaw-"), path);
            assertEquals(0700, FileCalls.stat(path).permissions());
        }
        assertTrue(FileCalls.statIfExists(path).isEmpty());
    }

    @Test
    void without_any_place_each_is_named_with_its_reason() {
        Failure failure = assertThrows(Failure.class, () -> WorkDirectory.create(List.of("/no/such/directory", "/proc")));
        assertEquals(ExitCode.FAILURE, failure.exitCode());
        assertEquals(2, failure.because().size());
        assertTrue(failure.because().get(0).contains("/no/such/directory/thaw-"), failure.because().get(0));
        assertTrue(failure.because().get(1).contains("/proc/thaw-"), failure.because().get(1));
    }
}
