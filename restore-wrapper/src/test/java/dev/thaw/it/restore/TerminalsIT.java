package dev.thaw.it.restore;

import static dev.thaw.it.restore.Thawing.isOurs;
import static dev.thaw.it.restore.Thawing.isSame;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.Bytes;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.TestPty;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.ProcessStat;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Terminals whose master was outside of the tree: the new one is another terminal, a pipe, a file. */
@IntegrationTest
@RequiresCriu
class TerminalsIT {

    @Test
    void application_gets_a_new_terminal_that_controls_its_session(Scratch scratch) {
        try (TestPty old = new TestPty(); TestPty now = new TestPty(); Puppet puppet = onTerminal(scratch, old)) {
            old.setWindowSize(31, 101);
            puppet.eval("a = termios.tcgetattr(0); a[3] &= ~termios.ECHO; termios.tcsetattr(0, 0, a)");
            Map<Integer, String> modes = Thawing.modes(puppet);
            String image = Thawing.dump(scratch, puppet, 0);
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(0, now.slave()).descriptor(1, now.slave()).descriptor(2, now.slave());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image)) {
                assertEquals(modes, Thawing.modes(puppet));
                assertEquals(now.slavePath(), puppet.fd(0).link());
                assertTrue(isOurs(now.slave(), puppet, 1));
                assertEquals(String.valueOf(puppet.pid()), puppet.eval("os.tcgetpgrp(0)"));
                assertEquals("os.terminal_size(columns=101, lines=31)", puppet.eval("os.get_terminal_size(1)"));
                assertEquals("False", puppet.eval("bool(termios.tcgetattr(0)[3] & termios.ECHO)"));
                now.type("typed\n");
                assertEquals("typed\n", puppet.eval("read(0)"));
                puppet.eval("write(1, 'written\\n')");
                assertEquals("written\r\n", now.readUntil("written\r\n"));
                assertEquals("", Bytes.available(old.master()));
                now.type("\003");
                assertEquals(128 + Signals.SIGINT, thaw.awaitEnd().exitCode());
            }
        }
    }

    @Test
    void terminal_that_thaws_own_session_has_is_shared_with_it(Scratch scratch) {
        try (TestPty old = new TestPty(); TestPty now = new TestPty(); Puppet puppet = onTerminal(scratch, old)) {
            String image = Thawing.dump(scratch, puppet, 0);
            try (ThawProcess thaw = Thawing.restore(puppet, ThawProcess.in(scratch).terminal(now), image)) {
                assertEquals("[True, True, True]", puppet.eval("[os.isatty(fd) for fd in (0, 1, 2)]"));
                assertEquals(0, ProcessStat.read(puppet.pid()).orElseThrow().terminalDevice(), "a terminal controls one session");
                puppet.eval("write(1, 'hello\\n')");
                now.readUntil("hello\r\n");
                now.type("typed\n");
                assertEquals("typed\n", puppet.eval("read(0)"));
                puppet.eval("catch(signal.SIGINT)");
                now.type("\003");
                Await.until("thaw passes ^C on", () -> puppet.eval("caught").equals("['SIGINT']"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void terminal_becomes_pipes(Scratch scratch) {
        try (TestPty old = new TestPty();
                FdCalls.Pipe in = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Puppet puppet = onTerminal(scratch, old)) {
            String image = Thawing.dump(scratch, puppet, 0);
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(0, in.reader().number()).descriptor(1, out.writer().number());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image)) {
                assertEquals("read", puppet.fd(0).access());
                assertEquals("write", puppet.fd(1).access());
                assertFalse(isSame(puppet, 1, puppet, 2));
                Bytes.write(in.writer().number(), "through");
                puppet.eval("write(1, read(0) + ' a pipe')");
                assertEquals("through a pipe", Bytes.readUntil(out.reader().number(), "pipe"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void terminal_becomes_a_log_file_and_nothing(Scratch scratch) {
        try (TestPty old = new TestPty(); Puppet puppet = onTerminal(scratch, old)) {
            String image = Thawing.dump(scratch, puppet, 0);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--stdin", "null", "--stdout", "append:" + scratch.path("log"),
                    "--stderr", "stdout")) {
                assertEquals(Map.of(0, "/dev/null", 1, scratch.path("log"), 2, scratch.path("log")), Thawing.links(puppet));
                assertTrue(isSame(puppet, 1, puppet, 2));
                assertTrue(puppet.fd(1).appends());
                puppet.eval("write(1, 'out '); write(2, 'err')");
                assertEquals("out err", scratch.read("log"));
                assertEquals("", puppet.eval("read(0)"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void terminal_on_another_number_needs_a_source(Scratch scratch) {
        try (TestPty old = new TestPty();
                TestPty now = new TestPty();
                Puppet puppet = Puppet.in(scratch).descriptor(5, old.slave()).nullStreams().start()) {
            String key = puppet.fd(5).key();
            String image = Thawing.dump(scratch, puppet, 5);
            ThawProcess.run(scratch, "restore", image).expect(121).expectErr("no source for fd 5 of pid " + puppet.pid()).expectErr(key);
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(7, now.slave());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image, "--map", key + "=fd:7")) {
                puppet.eval("write(5, 'hello\\n')");
                now.readUntil("hello\r\n");
                assertTrue(isOurs(now.slave(), puppet, 5));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void terminal_that_was_opened_twice_is_one_again_and_its_duplicates_follow(Scratch scratch) {
        try (TestPty old = new TestPty(); TestPty now = new TestPty(); Puppet puppet = onTerminal(scratch, old)) {
            puppet.eval("place(os.open(os.ttyname(0), os.O_WRONLY | os.O_NOCTTY), 8); os.dup2(1, 9)");
            String image = Thawing.dump(scratch, puppet, 0);
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(0, now.slave()).descriptor(1, now.slave()).descriptor(2, now.slave());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image)) {
                assertEquals("[True, True]", puppet.eval("[os.isatty(fd) for fd in (8, 9)]"));
                puppet.eval("write(8, 'opened '); write(9, 'dup\\n')");
                now.readUntil("opened dup\r\n");
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void terminal_of_the_applications_own_is_left_to_criu(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("m, s = pty_pair(); place(m, 7); place(s, 8); write(8, 'unread\\n')");
            Map<Integer, String> modes = Thawing.modes(puppet);
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                assertEquals(modes, Thawing.modes(puppet));
                puppet.eval("write(8, 'inside\\n')");
                assertTrue(puppet.eval("got = ''\nwhile 'inside' not in got:\n  got += read(7)\ngot").endsWith("inside\r\n"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void job_of_a_shell_becomes_one_of_thaws_session(Scratch scratch) {
        try (TestPty old = new TestPty(); TestPty now = new TestPty(); Puppet shell = onTerminal(scratch, old)) {
            shell.eval("signal.signal(signal.SIGCHLD, signal.SIG_IGN)"); // whoever has reaped the job does not matter here
            Puppet job = shell.child("job");
            String image = scratch.path("images");
            Thawing.dumping(scratch, job, image).option("--shell-job").run();
            shell.eval("die(signal.SIGKILL)");
            shell.awaitEnd();
            try (ThawProcess thaw = Thawing.restore(job, ThawProcess.in(scratch).terminal(now), image)) {
                assertEquals(thaw.pid(), ProcessStat.read(job.pid()).orElseThrow().session());
                assertNotEquals(0, ProcessStat.read(job.pid()).orElseThrow().terminalDevice());
                job.eval("write(1, 'hello\\n')");
                now.readUntil("hello\r\n");
                now.type("typed\n");
                assertEquals("typed\n", job.eval("read(0)"));
                Thawing.leave(job, thaw);
            }
        }
    }

    @Test
    void process_that_led_no_session_is_restored_as_a_job_without_a_terminal(Scratch scratch) {
        try (Puppet leader = Puppet.in(scratch).nullStreams().start()) {
            leader.eval("signal.signal(signal.SIGCHLD, signal.SIG_IGN)"); // whoever has reaped the member does not matter here
            Puppet member = leader.child("member");
            String image = scratch.path("images");
            Thawing.dumping(scratch, member, image).option("--shell-job").run();
            leader.eval("die(signal.SIGKILL)");
            leader.awaitEnd();
            try (ThawProcess thaw = Thawing.restore(scratch, member, image)) {
                assertEquals(thaw.pid(), ProcessStat.read(member.pid()).orElseThrow().session());
                Thawing.leave(member, thaw);
            }
        }
    }

    /** On all three streams, and controlled by it. */
    private static Puppet onTerminal(Scratch scratch, TestPty terminal) {
        return Puppet.in(scratch).descriptor(0, terminal.slave()).descriptor(1, terminal.slave()).descriptor(2, terminal.slave())
                .controllingTerminal(0).start();
    }
}
