package dev.thaw.it.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.Bytes;
import dev.thaw.it.Children;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.Signals;
import dev.thaw.linux.WaitStatus;
import dev.thaw.linux.proc.ProcessStat;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Once the application runs again: its end, its signals, what thaw tells others, and what thaw does not leave in it. */
@IntegrationTest
@RequiresCriu
class AfterRestoreIT {

    @Test
    void exit_code_is_the_applications_own(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String image = Thawing.dump(scratch, puppet);
            for (int code : new int[] {0, 122}) {
                try (ThawProcess thaw = settled(scratch, puppet, image)) {
                    puppet.eval("leave(" + code + ")");
                    thaw.awaitEnd().expect(code);
                }
                puppet.awaitGone();
            }
        }
    }

    @Test
    void death_by_signal_is_128_and_its_number(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                puppet.eval("die(signal.SIGUSR2)");
                assertEquals(128 + Signals.SIGUSR2, thaw.awaitEnd().exitCode());
            }
            puppet.awaitGone();
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                puppet.eval("die(signal.SIGKILL)");
                assertEquals(137, thaw.awaitEnd().exitCode());
            }
        }
    }

    @Test
    void signals_reach_the_application_and_their_effect_the_caller(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("catch(signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)");
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = settled(scratch, puppet, image)) {
                for (int signal : new int[] {Signals.SIGTERM, Signals.SIGHUP, Signals.SIGUSR1}) {
                    thaw.signal(signal);
                    Await.until(Signals.name(signal), () -> puppet.eval("caught").contains(Signals.name(signal)));
                }
                assertEquals("['SIGTERM', 'SIGHUP', 'SIGUSR1']", puppet.eval("caught"));
                puppet.eval("signal.signal(signal.SIGTERM, signal.SIG_DFL)");
                thaw.signal(Signals.SIGTERM);
                thaw.awaitEnd().expect(128 + Signals.SIGTERM);
            }
        }
    }

    @Test
    void application_that_ends_within_the_settle_time_is_never_a_success(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            // It leaves by itself as soon as the file is there: at once after the restore.
            puppet.eval("every(0.001, 'import os; os.path.exists(\"" + scratch.path("leave")
                    + "\") and os._exit(int(open(\"" + scratch.path("leave") + "\").read()))')");
            String image = Thawing.dump(scratch, puppet);
            scratch.file("leave", "0");
            ThawProcess.run(scratch, "restore", image).expect(122)
                    .expectErr("the application ended before it was up").expectErr("with exit code 0").expectErr("--settle 0");
            puppet.awaitGone();
            ThawProcess.run(scratch, "restore", image, "--detach", "--pid-file", scratch.path("pid")).expect(122);
            assertTrue(FileCalls.statIfExists(scratch.path("pid")).isEmpty());
            puppet.awaitGone();
            scratch.file("leave", "7");
            ThawProcess.run(scratch, "restore", image).expect(7).expectErr("the application ended before it was up");
            puppet.awaitGone();
            ThawProcess.run(scratch, "restore", "--detach", image).expect(122).expectErr("with exit code 7");
            puppet.awaitGone();
            scratch.file("leave", "0");
            ThawProcess.run(scratch, "restore", "--settle", "0", image).expect(0);
        }
    }

    @Test
    void detached_application_runs_on_and_its_pid_is_in_the_file(Scratch scratch) {
        try (FdCalls.Pipe old = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                FdCalls.Pipe now = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Puppet puppet = Puppet.in(scratch).descriptor(1, old.writer().number()).nullStreams().start()) {
            String image = Thawing.dump(scratch, puppet);
            ThawProcess.in(scratch).descriptor(1, now.writer().number()).run("restore", "--detach", "--pid-file", scratch.path("pid"), image)
                    .expect(0);
            assertEquals(puppet.pid() + "\n", scratch.read("pid"));
            assertTrue(Children.isRunning(puppet.pid()));
            assertEquals(puppet.pid(), ProcessStat.read(puppet.pid()).orElseThrow().session());
            now.writer().close();
            puppet.eval("write(1, 'still here')");
            puppet.eval("leave(42)");
            assertEquals(new WaitStatus.Exited(42), puppet.awaitEnd());
            assertEquals("still here", Bytes.readToEnd(now.reader().number()));
        }
    }

    @Test
    void nothing_of_thaws_stays_in_the_application(Scratch scratch) {
        try (OwnedFd log = scratch.open("log", OpenFlags.O_WRONLY | OpenFlags.O_CREAT);
                OwnedFd stray = scratch.open("stray", OpenFlags.O_WRONLY | OpenFlags.O_CREAT);
                Puppet puppet = Puppet.in(scratch).descriptor(1, log.number()).nullStreams().start()) {
            puppet.eval("before = (fds(), os.environ.copy(), os.getcwd(), os.umask(0o22), "
                    + "[signal.getsignal(s) for s in (1, 2, 13, 15, 17)], __import__('resource').getrlimit(7), signal.pthread_sigmask(0, []))");
            String image = Thawing.dump(scratch, puppet);
            scratch.file("log", "grown");
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(9, stray.number()).descriptor(30, stray.number());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image)) {
                assertEquals(Set.of(0, 1, 2), new TreeSet<>(Thawing.links(puppet).keySet()));
                assertEquals("True", puppet.eval("before == (fds(), os.environ.copy(), os.getcwd(), os.umask(0o22), "
                        + "[signal.getsignal(s) for s in (1, 2, 13, 15, 17)], __import__('resource').getrlimit(7), "
                        + "signal.pthread_sigmask(0, []))"));
                assertFalse(ProcessStat.read(puppet.pid()).orElseThrow().isZombie());
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void when_thaw_is_killed_it_runs_on_or_ends_as_was_asked_for(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = settled(scratch, puppet, image)) {
                thaw.signal(Signals.SIGKILL);
                thaw.awaitEnd().expect(137);
                assertEquals("2", puppet.eval("1 + 1"));
                puppet.eval("leave(0)");
            }
            puppet.awaitGone();
            try (ThawProcess thaw = settled(scratch, puppet, image, "--on-parent-death", "end")) {
                thaw.signal(Signals.SIGKILL);
                thaw.awaitEnd().expect(137);
                puppet.awaitGone();
            }
        }
    }

    @Test
    void status_lines_tell_machines_what_happened(Scratch scratch) {
        try (FdCalls.Pipe status = FdCalls.pipe2(OpenFlags.O_CLOEXEC); Puppet puppet = Puppet.start(scratch)) {
            String image = Thawing.dump(scratch, puppet);
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(5, status.writer().number());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image, "--status-fd", "5")) {
                status.writer().close();
                String lines = Bytes.readUntil(status.reader().number(), "\"event\":\"ready\"");
                Thawing.leave(puppet, thaw);
                lines += Bytes.readToEnd(status.reader().number());
                String pid = "\"pid\":" + puppet.pid();
                assertTrue(lines.matches("(?s)\\{\"event\":\"planned\".*\n\\{\"event\":\"restored\"," + pid + ".*\n\\{\"event\":\"ready\"," + pid
                        + ".*\n\\{\"event\":\"exited\"," + pid + ".*42.*\n"), lines);
            }
        }
    }

    /** Restores, and waits until thaw counts the restore as a success. */
    private static ThawProcess settled(Scratch scratch, Puppet puppet, String image, String... more) {
        scratch.file("status", "");
        try (OwnedFd file = scratch.open("status", OpenFlags.O_WRONLY | OpenFlags.O_APPEND)) {
            String[] words = Stream.concat(Stream.of(image, "--status-fd", "5"), Stream.of(more)).toArray(String[]::new);
            ThawProcess thaw = Thawing.restore(puppet, ThawProcess.in(scratch).descriptor(5, file.number()), words);
            Await.until("ready", () -> scratch.read("status").contains("\"event\":\"ready\""));
            return thaw;
        }
    }
}
