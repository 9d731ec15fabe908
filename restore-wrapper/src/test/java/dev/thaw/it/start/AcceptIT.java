package dev.thaw.it.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Dumps;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Program;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.OpenFlags;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code --accept}: what is not as it was at the checkpoint, and restored all the same where the user says so. */
@IntegrationTest
@RequiresCriu
class AcceptIT {

    @Test
    void a_program_that_was_installed_anew_is_refused_unless_accepted(Scratch scratch) throws IOException {
        Path program = Files.copy(Path.of("/bin/cat").toRealPath(), Path.of(scratch.path("cat")));
        try (FdCalls.Pipe in = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Program echo = Program.with().descriptor(0, in.reader().number()).descriptor(1, out.writer().number()).nullStreams()
                        .start(program.toString())) {
            Dumps.of(scratch, echo).run();
            echo.awaitGone();
        }
        assertAnswers(scratch);
        Files.setLastModifiedTime(program, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
        assertAnswers(scratch); // it is the same all the same
        changeBuildId(program);
        ThawProcess.run(scratch, "restore", scratch.path("image")).expect(121).expectErr(program + " was changed after the checkpoint")
                .expectErr("its build-id was ").expectErr("--accept executable");
        ThawProcess.run(scratch, "restore", "--accept", "cpu", scratch.path("image")).expect(121);
        assertAnswers(scratch, "--accept", "executable");
        assertAnswers(scratch, "--accept", "all");
    }

    /** Of a program built anew nothing else has to be of another size. The note: 4 bytes of name, 20 of content, type 3, "GNU". */
    private static void changeBuildId(Path program) throws IOException {
        String before = Files.readString(program, StandardCharsets.ISO_8859_1);
        int note = before.indexOf("\4\0\0\0\24\0\0\0\3\0\0\0GNU\0");
        assertTrue(note > 0, "a build-id in " + program);
        byte[] bytes = before.getBytes(StandardCharsets.ISO_8859_1);
        bytes[note + 16] ^= 1;
        Files.write(program, bytes);
    }

    private static void assertAnswers(Scratch scratch, String... accept) {
        List<String> words = new ArrayList<>(List.of("restore", "--settle", "0"));
        words.addAll(List.of(accept));
        words.add(scratch.path("image"));
        try (Streams.Attended echo = Streams.start(scratch, words.toArray(String[]::new))) {
            assertEquals("hello\n", echo.ask("hello\n"));
            echo.closeInput();
            echo.thaw().awaitEnd().expect(0);
        }
    }
}
