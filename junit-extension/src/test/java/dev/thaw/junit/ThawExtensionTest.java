package dev.thaw.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** What a developer sees on a machine that cannot restore. With a real thaw and criu samples/restore-test runs it. */
@DisplayNameGeneration(ReplaceUnderscores.class)
@ResourceLock("thaw")
class ThawExtensionTest {
    @TempDir
    private Path directory;

    @Test
    void the_reason_is_what_check_says_first() throws IOException {
        with(program("echo 'stops    no criu is found'; echo '         because: it is not installed'; exit 121"), () ->
                assertEquals("stops    no criu is found; because: it is not installed", ThawProgram.find().problem(Engine.CRIU)));
    }

    @Test
    void a_machine_that_check_has_nothing_against_is_fine() throws IOException {
        with(program("test \"$*\" = 'check host'"), () -> assertEquals("", ThawProgram.find().problem(Engine.CRIU)));
    }

    @Test
    void a_stand_in_needs_no_more_than_thaw() throws IOException {
        with(program("test \"$*\" = --version"), () -> assertEquals("", ThawProgram.find().problem(Engine.REHEARSE)));
        with(directory.resolve("absent").toString(), () -> assertTrue(ThawProgram.find().problem(Engine.REHEARSE).contains("cannot be run")));
    }

    @Test
    void a_rehearsal_is_of_the_engine_of_the_test_and_its_failure_is_the_tests() throws IOException {
        with(program("echo \"$*\"; test \"$2 $3\" = '--engine rehearse'"), () -> {
            try (Applications applications = Applications.create(Engine.REHEARSE); Applications real = Applications.create(Engine.CRIU)) {
                assertEquals("rehearse --engine rehearse --cycles 2 -- app x\n", applications.rehearse(List.of("--cycles", "2"), "app", "x"));
                assertTrue(assertThrows(AssertionError.class, () -> real.rehearse(List.of(), "app")).getMessage().contains("rehearse --engine criu -- app ended with 1"));
            }
        });
    }

    @Test
    void a_program_that_is_not_there_is_a_reason() {
        with(directory.resolve("absent").toString(), () ->
                assertTrue(ThawProgram.find().problem(Engine.CRIU).contains("cannot be run"), ThawProgram.find().problem(Engine.CRIU)));
    }

    private String program(String script) throws IOException {
        Path file = directory.resolve("thaw");
        Files.writeString(file, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        return file.toString();
    }

    private static void with(String thaw, Runnable test) {
        String before = System.getProperty("thaw");
        System.setProperty("thaw", thaw);
        try {
            test.run();
        } finally {
            if (before == null) {
                System.clearProperty("thaw");
            } else {
                System.setProperty("thaw", before);
            }
        }
    }
}
