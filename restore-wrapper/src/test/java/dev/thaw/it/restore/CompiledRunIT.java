package dev.thaw.it.restore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.Bytes;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.Errno;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.SocketCalls;
import dev.thaw.linux.proc.StatusFile;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where thaw stays, criu is started by the compiled plan, and the shell becomes the supervisor while criu works. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
class CompiledRunIT {
    private static final String BY_PLAN = "\"plan\":\"compiled\"";

    @Test
    void exit_code_is_the_applications_own_and_its_output_goes_where_thaws_does(Scratch scratch) {
        try (FdCalls.Pipe before = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                FdCalls.Pipe status = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Puppet puppet = Puppet.in(scratch).nullStreams().descriptor(1, before.writer().number()).start()) {
            puppet.eval("catch(signal.SIGUSR1)");
            checkpoint(scratch, puppet);
            try (ThawProcess thaw = script(scratch).nullDescriptor(0).descriptor(1, out.writer().number()).descriptor(9, status.writer().number())
                    .start("restore", "-v", "--status-fd=9", "--pid-file", scratch.path("pid"), "--ready-command", "grep SigBlk /proc/self/status >>" + scratch.path("asked"),
                            "--after-restore", "echo $THAW_PID >" + scratch.path("told"), "--notify-signal", "USR1", "--keep", "3", scratch.path("image"))) {
                status.writer().close();
                out.writer().close();
                assertTrue(Bytes.readUntil(status.reader().number(), "\"ready\"").contains(BY_PLAN));
                assertEquals(puppet.pid() + "\n", scratch.read("pid"));
                assertEquals(puppet.pid() + "\n", scratch.read("told"));
                // Who is asked is no supervisor: its signals work.
                assertTrue(scratch.read("asked").lines().allMatch(line -> line.matches("SigBlk:\\s+0+")), scratch.read("asked"));
                assertEquals("['SIGUSR1']", puppet.eval("caught"));
                thaw.awaitErr("restored by the compiled plan");
                puppet.eval("write(1, 'hello')");
                assertEquals("hello", Bytes.readUntil(out.reader().number(), "hello"));
                assertTrue(StatusFile.read(thaw.pid()).blockedSignals().contains(Signals.SIGCHLD), "with -Xrs no handler would hear of the end");
                // Nobody but the application holds it: thaw has let go of it.
                puppet.eval("os.close(1)");
                assertEquals(0, FileCalls.read(out.reader().number(), new byte[1], 0, 1));
                puppet.eval("leave(42)");
                thaw.awaitEnd().expect(42);
                assertFalse(FileCalls.lstatIfExists(scratch.path("pid")).isPresent());
            }
        }
    }

    @Test
    void signals_that_come_before_the_JVM_has_handlers_are_the_applications(Scratch scratch) {
        List<Integer> signals = List.of(Signals.SIGHUP, Signals.SIGINT, Signals.SIGUSR1, Signals.SIGTERM, Signals.SIGWINCH);
        try (Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            puppet.eval("catch(1, 2, 10, 15, 28)");
            checkpoint(scratch, puppet);
            try (ThawProcess thaw = script(scratch).start("restore", "--status-fd", "2", scratch.path("image"))) {
                // From the first moment that the process is a JVM, long before anything of Java runs in it.
                Await.until("the JVM in the shell's place", () -> program(thaw).endsWith("/java"));
                signals.forEach(thaw::signal);
                thaw.awaitErr("\"ready\"");
                assertTrue(thaw.err().contains(BY_PLAN), thaw.err());
                Await.until("the signals", () -> puppet.eval("len(caught)").equals("5"));
                signals.forEach(thaw::signal); // and the next ones as well
                Await.until("the other signals", () -> puppet.eval("len(caught)").equals("10"));
                puppet.eval("die(9)");
                thaw.awaitEnd().expect(137);
            }
        }
    }

    /** Who is killed while everything is restored and nothing of it has run. */
    enum Killed { SHELL, CRIU }

    @ParameterizedTest
    @EnumSource
    void nothing_runs_that_nobody_attends_to(Killed victim, Scratch scratch) {
        try (Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            checkpoint(scratch, puppet);
            String proof = hold(scratch);
            try (ThawProcess thaw = script(scratch).start("restore", "--detach", scratch.path("image"))) {
                Await.until("criu's script", () -> FileCalls.lstatIfExists(scratch.path("held")).isPresent());
                int criu = Integer.parseInt(scratch.read("held").strip());
                assertTrue(isLocked(scratch), "a checkpoint might remove the images");
                ProcessCalls.kill(victim == Killed.SHELL ? thaw.pid() : criu, Signals.SIGKILL);
                // A process that has been sent SIGKILL is there for a moment still.
                Await.until("the shell's end", () -> victim == Killed.CRIU || program(thaw).isEmpty());
                FileCalls.writeFile(scratch.path("go"), new byte[0], 0600);
                if (victim == Killed.SHELL) {
                    thaw.awaitEnd().expect(137);
                    ProcessCalls.waitPid(criu, Await.LIMIT); // it is ours now
                    puppet.awaitGone();
                } else {
                    // The planner does it again.
                    thaw.awaitEnd().expect(0);
                    assertEquals("3", puppet.eval("1 + 2"));
                    ProcessCalls.kill(puppet.pid(), Signals.SIGKILL);
                    puppet.awaitGone();
                }
            }
            FileCalls.writeFile(proof, FileCalls.readAll(scratch.path("proof")), 0700);
            script(scratch).environment("THAW_JAVA", "/nonexistent").run("restore", "--detach", scratch.path("image")).expect(0);
            assertFalse(isLocked(scratch), "the application holds the lock");
        }
    }

    @Test
    void the_same_process_plans_anew_when_the_compiled_plan_fails(Scratch scratch) {
        try (Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            checkpoint(scratch, puppet);
            FileCalls.writeFile(scratch.path("image/000001/restore.d/proof"), "#!/bin/sh\n[ \"$CRTOOLS_SCRIPT_ACTION\" != post-restore ]\n".getBytes(UTF_8), 0700);
            try (ThawProcess thaw = script(scratch).start("restore", "--status-fd", "2", scratch.path("image"))) {
                thaw.awaitErr("\"ready\"");
                assertFalse(thaw.err().contains(BY_PLAN), thaw.err());
                puppet.eval("catch(15)");
                thaw.signal(Signals.SIGTERM);
                Await.until("the signal", () -> puppet.eval("len(caught)").equals("1"));
                puppet.eval("leave(7)");
                thaw.awaitEnd().expect(7);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_service_manager_is_told(boolean detach, Scratch scratch) {
        try (Puppet puppet = Puppet.in(scratch).nullStreams().start();
                OwnedFd manager = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_DGRAM, 0)) {
            checkpoint(scratch, puppet);
            SocketCalls.bindUnix(manager.number(), scratch.path("notify"));
            try (ThawProcess thaw = script(scratch).environment("NOTIFY_SOCKET", scratch.path("notify"))
                    .start("restore", "--status-fd", "2", detach ? "--detach" : "--settle=10ms", scratch.path("image"))) {
                assertEquals("READY=1\n" + (detach ? "MAINPID=" + puppet.pid() + "\n" : "") + "STATUS=pid " + puppet.pid() + " is up", receive(manager));
                assertTrue(thaw.err().contains(BY_PLAN), thaw.err());
                if (detach) {
                    assertEquals("BARRIER=1", receive(manager));
                    thaw.awaitEnd().expect(0);
                    ProcessCalls.kill(puppet.pid(), Signals.SIGKILL);
                } else {
                    puppet.eval("leave(3)");
                    thaw.awaitEnd().expect(3);
                }
            }
        }
    }

    @Test
    void sigterm_writes_a_checkpoint_where_that_is_asked_for(Scratch scratch) {
        try (Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            checkpoint(scratch, puppet);
            for (int life = 2; life <= 3; life++) {
                try (ThawProcess thaw = script(scratch).start("restore", "--on-term=checkpoint", "--status-fd", "2", scratch.path("image"))) {
                    thaw.awaitErr("\"ready\"");
                    assertTrue(thaw.err().contains(BY_PLAN), thaw.err());
                    puppet.eval("life = " + life);
                    thaw.signal(Signals.SIGTERM);
                    thaw.awaitEnd().expect(0);
                    puppet.awaitGone();
                }
            }
            script(scratch).environment("THAW_JAVA", "/nonexistent").run("restore", "--detach", scratch.path("image")).expect(0);
            assertEquals("3", puppet.eval("life"));
            ProcessCalls.kill(puppet.pid(), Signals.SIGKILL);
        }
    }

    @Test
    void criu_that_hangs_is_ended_when_the_limit_passes(Scratch scratch) {
        try (Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            checkpoint(scratch, puppet);
            hold(scratch);
            script(scratch).run("restore", "--timeout", "1s", scratch.path("image")).expect(124).expectErr("criu did not finish within 1 s");
            assertFalse(ProcessCalls.exists(puppet.pid()));
            int criu = Integer.parseInt(scratch.read("held").strip());
            assertFalse(ProcessCalls.exists(criu));
        }
    }

    @Test
    void application_is_ended_when_the_command_after_the_restore_fails(Scratch scratch) {
        try (Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            checkpoint(scratch, puppet);
            script(scratch).run("restore", "-v", "--detach", "--after-restore", "false", scratch.path("image")).expect(125)
                    .expectErr("restored by the compiled plan").expectErr("the command of --after-restore failed");
            puppet.awaitGone();
        }
    }

    @Test
    void application_outlives_thaw_or_java_restores_it(Scratch scratch) {
        try (Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            checkpoint(scratch, puppet);
            for (String choice : List.of("keep", "end")) {
                try (ThawProcess thaw = script(scratch).start("restore", "--on-parent-death", choice, "--status-fd", "2", scratch.path("image"))) {
                    thaw.awaitErr("\"ready\"");
                    assertEquals(choice.equals("keep"), thaw.err().contains(BY_PLAN), thaw.err());
                    thaw.signal(Signals.SIGKILL);
                    thaw.awaitEnd().expect(137);
                    if (choice.equals("keep")) {
                        assertEquals("3", puppet.eval("1 + 2"));
                        puppet.eval("leave(0)");
                    }
                    puppet.awaitGone();
                }
            }
        }
    }

    private static ThawProcess.Builder script(Scratch scratch) {
        return ThawProcess.in(scratch).throughScript();
    }

    private static void checkpoint(Scratch scratch, Puppet puppet) {
        ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), scratch.path("image")).expect(0);
        puppet.awaitGone();
    }

    /** Makes criu's script write criu's pid to "held" and wait for "go" when all is restored. @return its path; "proof" is a copy of what it was */
    private static String hold(Scratch scratch) {
        String wait = "echo $PPID >" + scratch.path("held.new") + "; mv " + scratch.path("held.new") + " " + scratch.path("held") + "\nwhile [ ! -e "
                + scratch.path("go") + " ]; do sleep 0.02; done\n";
        return HeldProof.with(scratch, wait);
    }

    /** Whether somebody holds the lock (flock) that keeps the generation from being removed. */
    private static boolean isLocked(Scratch scratch) {
        try (OwnedFd directory = FileCalls.open(scratch.path("image/000001"), OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY)) {
            FileCalls.flock(directory.number(), FileCalls.LOCK_EX | FileCalls.LOCK_NB);
            return false;
        } catch (LinuxException e) {
            assertTrue(e.is(Errno.EAGAIN), e.getMessage());
            return true;
        }
    }

    private static String program(ThawProcess thaw) {
        try {
            return FileCalls.readlink("/proc/" + thaw.pid() + "/exe");
        } catch (LinuxException ended) {
            return "";
        }
    }

    private static String receive(OwnedFd socket) {
        byte[] message = new byte[1000];
        Await.until("a message", () -> FdCalls.poll(new int[] {socket.number()}, FdCalls.POLLIN, 10)[0] != 0);
        // A descriptor that comes with it is closed by not being taken.
        return new String(message, 0, FileCalls.read(socket.number(), message, 0, message.length), UTF_8);
    }
}
