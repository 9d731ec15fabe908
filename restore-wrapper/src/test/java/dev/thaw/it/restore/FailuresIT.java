package dev.thaw.it.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.ProcessCalls;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Broken images, a criu that fails or hangs, pids that are taken: the right exit code, and nothing left behind. */
@IntegrationTest
@RequiresCriu
class FailuresIT {

    @Test
    void broken_images_are_named_with_the_file(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String image = Thawing.dump(scratch, puppet);
            byte[] files = FileCalls.readAll(image + "/files.img");
            FileCalls.writeFile(image + "/files.img", java.util.Arrays.copyOf(files, files.length / 2), 0600);
            ThawProcess.run(scratch, "restore", image).expect(120).expectErr("files.img").expectErr("the image cannot be used").expectErr("there is no older generation");
            FileCalls.unlink(image + "/files.img");
            ThawProcess.run(scratch, "restore", image).expect(120).expectErr("files.img");
            ThawProcess.run(scratch, "restore", scratch.path("nothing")).expect(120);
            assertFalse(ProcessCalls.exists(puppet.pid()));
        }
    }

    @Test
    void memory_that_is_not_all_there_is_noticed_before_criu_is_started(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String image = Thawing.dump(scratch, puppet);
            byte[] pages = FileCalls.readAll(image + "/pages-1.img");
            FileCalls.writeFile(image + "/pages-1.img", java.util.Arrays.copyOf(pages, pages.length - 4096), 0600);
            ThawProcess.run(scratch, "restore", image).expect(120).expectErr("pages-1.img: truncated at byte " + (pages.length - 4096))
                    .expectErr(pages.length / 4096 + " pages");
            FileCalls.unlink(image + "/pages-1.img");
            ThawProcess.run(scratch, "restore", image).expect(120).expectErr("pages-1.img: not in " + image);
        }
    }

    @Test
    void failing_criu_is_quoted_and_the_image_can_be_restored_afterwards(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String image = Thawing.dump(scratch, puppet);
            String criu = criuWhoseRestore(scratch, "echo 'Error (criu/x.c:1): the reason' >&2; exit 1");
            String err = ThawProcess.run(scratch, "restore", "--criu", criu, image).expect(122)
                    .expectErr("criu could not restore pid " + puppet.pid() + " (status 1)").expectErr("a cold start").err();
            String log = err.lines().filter(line -> line.contains("the whole log: ")).findFirst().orElseThrow().replaceFirst(".*the whole log: ", "");
            ThawProcess.run(scratch, "explain", log).expectOut("the reason");
            assertFalse(ProcessCalls.exists(puppet.pid()));
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                Await.until("the end of the log of a failure that is over: " + log, () -> FileCalls.lstatIfExists(log).isEmpty());
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void a_failed_restore_removes_the_files_that_it_made_and_no_other(Scratch scratch) {
        scratch.file("empty", "");
        try (Puppet puppet = Puppet.start(scratch)) {
            String image = Thawing.dump(scratch, puppet);
            String criu = criuWhoseRestore(scratch, "exit 1");
            ThawProcess.run(scratch, "restore", "--criu", criu, "--stdout", "append:" + scratch.path("made"), "--stderr", "file:" + scratch.path("made too"),
                    "--stdin", "read:" + scratch.path("empty"), image).expect(122);
            // The name of a log is often a link to that of the day.
            FileCalls.symlink("made", scratch.path("link"));
            FileCalls.symlink(scratch.path("link"), scratch.path("link to a link"));
            ThawProcess.run(scratch, "restore", "--criu", criu, "--stdout", "append:" + scratch.path("link to a link"), image).expect(122);
            assertTrue(FileCalls.lstatIfExists(scratch.path("link to a link")).isPresent(), "it was there before");
            assertEquals(List.of("empty"), Stream.of("made", "made too", "empty").filter(name -> FileCalls.lstatIfExists(scratch.path(name)).isPresent()).toList());
            ThawProcess.run(scratch, "restore", "--criu", criu, "--stdout", "append:" + scratch.path("empty"), image).expect(122);
            assertTrue(FileCalls.lstatIfExists(scratch.path("empty")).isPresent(), "it was there before");
            String written = criuWhoseRestore(scratch, "echo precious >" + scratch.path("made") + "; exit 1");
            ThawProcess.run(scratch, "restore", "--criu", written, "--stdout", "append:" + scratch.path("made"), image).expect(122);
            assertEquals("precious\n", scratch.read("made"), "somebody else has written to it");
        }
    }

    @Test
    void a_failed_restore_names_the_descriptor_that_the_log_is_about(Scratch scratch) {
        String path = scratch.path("log");
        scratch.file("log", "four");
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("place(os.open('" + path + "', os.O_RDONLY), 5)");
            String image = Thawing.dump(scratch, puppet);
            // The file grows after thaw has looked at it.
            String criu = criuWhoseRestore(scratch, "echo fourmore >" + path + "; exec \"$THAW_CRIU\" \"$@\"");
            ThawProcess.run(scratch, "restore", "--criu", criu, image).expect(122)
                    .expectErr("has changed since the checkpoint: it had 4 bytes and has 9 now")
                    .expectErr("it concerns fd 5 of pid " + puppet.pid() + " (").expectErr("): " + path + "\n");
        }
    }

    @Test
    void criu_that_hangs_is_ended_when_the_limit_passes(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String image = Thawing.dump(scratch, puppet);
            String criu = criuWhoseRestore(scratch, "sleep 60");
            ThawProcess.run(scratch, "restore", "--criu", criu, "--timeout", "2s", image).expect(124)
                    .expectErr("criu did not finish within");
            assertFalse(ProcessCalls.exists(puppet.pid()));
        }
    }

    private static String criuWhoseRestore(Scratch scratch, String does) {
        String script = "#!/bin/sh\ncase $1 in restore) " + does + ";; *) exec \"$THAW_CRIU\" \"$@\";; esac\n";
        FileCalls.writeFile(scratch.path("criu"), script.getBytes(StandardCharsets.US_ASCII), 0700);
        return scratch.path("criu");
    }

    @Test
    void holder_of_a_taken_pid_is_named(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String image = scratch.path("images");
            Thawing.dumping(scratch, puppet, image).option("--leave-running").run();
            ThawProcess.run(scratch, "restore", "--timeout", "1s", image).expect(121)
                    .expectErr("pid " + puppet.pid() + " of the image is taken").expectErr("pid " + puppet.pid() + " (python3");
            assertEquals("2", puppet.eval("1 + 1"), "the one that runs is not touched");
        }
    }
}
