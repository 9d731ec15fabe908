package dev.thaw.it.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.Digest;
import dev.thaw.it.Dumps;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.Signals;
import org.junit.jupiter.api.Test;

/** What tells the application or its operator of a checkpoint and of a restore, and what decides that it is up: when it works, and when it fails. */
@IntegrationTest
@RequiresCriu
class HooksIT {

    @Test
    void before_a_checkpoint_a_command_is_run_and_its_failure_leaves_all_as_it_was(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String pid = Integer.toString(puppet.pid());
            String image = scratch.path("image");
            ThawProcess.run(scratch, "checkpoint", "--leave-running", "--before-checkpoint", "echo $THAW_PID $THAW_IMAGE >told", pid, image).expect(0);
            assertEquals(pid + " " + image + "\n", scratch.read("told"));
            String digest = Digest.of(image + "/000001");
            ThawProcess.run(scratch, "checkpoint", "--before-checkpoint", "echo busy; exit 3", pid, image).expect(125)
                    .expectErr("the command of --before-checkpoint failed, and no checkpoint was made").expectErr("its exit code is 3")
                    .expectErr("it said: busy");
            assertEquals("2", puppet.eval("1 + 1"));
            assertEquals("000001", FileCalls.readlink(image + "/current"));
            assertEquals(digest, Digest.of(image + "/000001"));
        }
    }

    @Test
    void after_a_restore_a_command_is_run_and_its_failure_ends_what_was_restored(Scratch scratch) {
        try (Puppet puppet = Dumps.puppet(scratch)) {
            String image = scratch.path("image");
            String digest = Digest.of(image + "/000001");
            ThawProcess.run(scratch, "restore", "--after-restore", "echo no; exit 3", image).expect(125)
                    .expectErr("the command of --after-restore failed; the restored application was ended").expectErr("it said: no");
            puppet.awaitGone();
            assertEquals(digest, Digest.of(image + "/000001"));
            try (ThawProcess thaw = ThawProcess.in(scratch)
                    .start("restore", "--status-fd", "2", "--after-restore", "kill -0 $THAW_PID && echo $THAW_PID $THAW_IMAGE $THAW_SECONDS >told", image)) {
                thaw.awaitErr("\"event\":\"ready\"");
                assertTrue(scratch.read("told").matches(puppet.pid() + " " + image + "/000001 [0-9]+\n"), scratch.read("told"));
                puppet.leave(thaw);
            }
        }
    }

    @Test
    void after_a_restore_the_application_gets_a_signal_if_it_has_a_handler_for_it(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("catch(signal.SIGUSR1)");
            Dumps.of(scratch, puppet).run();
            puppet.awaitGone();
            try (ThawProcess thaw = ThawProcess.in(scratch).start("restore", "--notify-signal", "USR1", scratch.path("image"))) {
                thaw.awaitRestored(puppet);
                Await.until("the signal", () -> puppet.eval("caught").equals("['SIGUSR1']"));
                puppet.leave(thaw);
            }
            puppet.awaitGone();
            try (ThawProcess thaw = ThawProcess.in(scratch).start("restore", "--status-fd", "2", "--notify-signal", "USR2", scratch.path("image"))) {
                thaw.awaitErr("\"event\":\"ready\"");
                assertTrue(thaw.err().contains("SIGUSR2 was not sent to pid " + puppet.pid()), thaw.err());
                puppet.leave(thaw);
            }
        }
    }

    @Test
    void after_a_restore_a_line_is_in_the_pipe_that_the_application_names(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String reader = puppet.eval("pipe = os.pipe()\npipe[0]");
            Dumps.of(scratch, puppet).run();
            puppet.awaitGone();
            try (ThawProcess thaw = ThawProcess.in(scratch).start("restore", "--notify-fd", reader, scratch.path("image"))) {
                thaw.awaitRestored(puppet);
                String line = puppet.eval("os.read(pipe[0], 100)");
                assertTrue(line.matches("b'restored \\d+\\\\n'"), line);
                puppet.leave(thaw);
            }
            puppet.awaitGone();
            try (ThawProcess thaw = ThawProcess.in(scratch).start("restore", "--status-fd", "2", "--notify-fd", "0", scratch.path("image"))) {
                thaw.awaitErr("\"event\":\"ready\"");
                assertTrue(thaw.err().contains("fd 0 of pid " + puppet.pid() + " was not told that it was restored\n  because: it is neither a pipe nor a FIFO"),
                        thaw.err());
                puppet.leave(thaw);
            }
        }
    }

    @Test
    void after_a_checkpoint_what_runs_on_is_told_by_a_line_and_a_signal_and_its_operator_by_a_command(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String reader = puppet.eval("catch(signal.SIGUSR1); pipe = os.pipe()\npipe[0]");
            String pid = Integer.toString(puppet.pid());
            String image = scratch.path("image");
            ThawProcess.run(scratch, "checkpoint", "--leave-running", "--after-checkpoint", "echo $THAW_PID $THAW_IMAGE $THAW_SECONDS >told",
                    "--notify-fd", reader, "--notify-signal", "USR1", pid, image).expect(0);
            String line = puppet.eval("os.read(pipe[0], 100)");
            assertTrue(line.matches("b'checkpointed \\d+\\.\\d{3}\\\\n'"), line);
            assertEquals("['SIGUSR1']", puppet.eval("caught"));
            assertTrue(scratch.read("told").matches(pid + " " + image + "/000001 \\d+\\.\\d{3}\n"), scratch.read("told"));
            ThawProcess.run(scratch, "checkpoint", "--leave-running", "--after-checkpoint", "echo no; exit 3", "--notify-fd", "0", pid, image).expect(0)
                    .expectErr("the command of --after-checkpoint failed; the checkpoint is there").expectErr("it said: no")
                    .expectErr("fd 0 of pid " + pid + " was not told that it was checkpointed");
            assertEquals("000002", FileCalls.readlink(image + "/current"));
            ThawProcess.run(scratch, "checkpoint", "--notify-signal", "USR1", pid, image).expect(2).expectErr("--leave-running");
            assertEquals("2", puppet.eval("1 + 1"));
        }
    }

    @Test
    void a_restore_counts_as_up_when_the_ready_command_succeeds_and_is_ended_when_it_does_not_in_time(Scratch scratch) {
        try (Puppet puppet = Dumps.puppet(scratch)) {
            String image = scratch.path("image");
            try (ThawProcess thaw = ThawProcess.in(scratch).start("restore", "--detach", "--pid-file", scratch.path("pid"),
                    "--ready-command", ": >asked; test -e up && test $THAW_PID = " + puppet.pid(), image)) {
                Await.until("the first question", () -> FileCalls.statIfExists(scratch.path("asked")).isPresent());
                assertTrue(thaw.isRunning());
                scratch.file("up", "");
                thaw.awaitEnd().expect(0);
                puppet.eval("leave(0)");
                puppet.awaitGone();
            }
            ThawProcess.run(scratch, "restore", "--timeout", "8s", "--ready-command", "echo not yet; false", image).expect(124)
                    .expectErr("the ready command failed each time, last with exit code 1, not yet");
            puppet.awaitGone();
            assertFalse(puppet.isRunning());
        }
    }

    @Test
    void what_is_restored_and_not_ready_in_time_is_followed_by_a_cold_start_that_is(Scratch scratch) {
        String[] words = {"run", "--image", scratch.path("image"), "--on-term", "checkpoint", "--timeout", "8s", "--status-fd", "2",
            "--ready-command", "test -e cold", "--", "sh", "-c", ": >cold; while :; do sleep 0.05; done"};
        try (ThawProcess thaw = ThawProcess.in(scratch).start(words)) {
            thaw.awaitErr("\"event\":\"ready\"");
            thaw.signal(Signals.SIGTERM);
            thaw.awaitEnd().expect(0);
        }
        FileCalls.unlink(scratch.path("cold"));
        try (ThawProcess thaw = ThawProcess.in(scratch).start(words)) {
            thaw.awaitErr("\"event\":\"ready\"");
            assertTrue(thaw.err().matches("(?s).*\"restored\".*was not up within.*\"quarantined\".*\"started\".*\"ready\".*"), thaw.err());
            thaw.signal(Signals.SIGTERM);
            thaw.awaitEnd().expect(0);
        }
    }
}
