package dev.thaw.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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
                assertEquals("stops    no criu is found; because: it is not installed", ThawProgram.find().problem()));
    }

    @Test
    void a_machine_that_check_has_nothing_against_is_fine() throws IOException {
        with(program("test \"$*\" = 'check host'"), () -> assertEquals("", ThawProgram.find().problem()));
    }

    @Test
    void a_program_that_is_not_there_is_a_reason() {
        with(directory.resolve("absent").toString(), () ->
                assertTrue(ThawProgram.find().problem().contains("cannot be run"), ThawProgram.find().problem()));
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
