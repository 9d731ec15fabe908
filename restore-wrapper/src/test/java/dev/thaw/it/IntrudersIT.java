package dev.thaw.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.checkpoint.Checkpoint;
import dev.thaw.checkpoint.DumpOptions.Intruders;
import dev.thaw.checkpoint.Finding;
import dev.thaw.it.broker.ServedBroker;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.linux.proc.StatusFile;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Processes beside an application: those of thaw exec, debuggers, and those that entered its namespaces. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
class IntrudersIT {
    /** Attaches, which stops the process, lets it go on, and has no ear for SIGTERM. */
    private static final String DEBUGGER = """
            import ctypes, os, signal, sys
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            libc, pid = ctypes.CDLL(None), int(sys.argv[1])
            assert libc.ptrace(16, pid, 0, 0) == 0
            os.waitpid(pid, 0x40000000)
            assert libc.ptrace(7, pid, 0, 0) == 0
            print('attached', flush=True)
            signal.pause()
            """;

    /** What an expression gives, or the error that it raises. */
    private static final String SAID_ON = """
            try:
                said = str(%s)
            except OSError as e:
                said = type(e).__name__
            said""";

    @Test
    void a_command_beside_an_application_is_in_its_namespaces(Scratch scratch) {
        int application = run(thaw(scratch), scratch, "--pid-namespace");
        try {
            List<Integer> pids = StatusFile.read(application).nsPid();
            ThawProcess.Result said = thaw(scratch).run("exec", "--name", "shop", "--", "sh", "-c",
                    "readlink /proc/self/ns/pid /proc/self/ns/mnt; cat /proc/" + pids.get(pids.size() - 1) + "/comm; echo $A $B; exit 7");
            said.expect(7);
            assertEquals(FileCalls.readlink("/proc/" + application + "/ns/pid") + "\n" + FileCalls.readlink("/proc/" + application + "/ns/mnt")
                    + "\nsleep\nof the application\n", said.out());
        } finally {
            end(application);
        }
    }

    @Test
    void a_command_beside_an_application_is_in_its_cgroup_and_no_part_of_it(Scratch scratch) {
        String image = scratch.path("image");
        try (TestCgroup cgroup = TestCgroup.v2()) {
            int application = run(thaw(scratch).cgroup(cgroup), scratch);
            try {
                ThawProcess.Result said = thaw(scratch).run("exec", "--name", "shop", "--", "sh", "-c",
                        "grep ^0: /proc/self/cgroup; setsid sleep 2000 >/dev/null 2>&1 & echo $!");
                String[] lines = said.expect(0).out().split("\n");
                assertEquals("0::" + unified(application), lines[0]);
                int beside = Integer.parseInt(lines[1]);
                assertEquals(unified(application), unified(beside));

                thaw(scratch).run("checkpoint", "--name", "shop", image).expect(ExitCode.PLAN)
                        .expectErr("pid " + beside + " (sleep), which was started beside it by thaw exec, is not below it\n  because: criu leaves it out\n")
                        .expectErr("--intruders end");
                assertTrue(Children.isRunning(beside), "a refused checkpoint ends nobody");
                thaw(scratch).run("checkpoint", "--name", "shop", "--intruders", "end", image).expect(0).expectErr(", and is ended first\n");
                assertFalse(Children.isRunning(beside));
                Children.awaitGone(List.of(application, beside), Await.LIMIT);

                thaw(scratch).run("restore", "--detach", image).expect(0);
                assertEquals(List.of(application), ProcessTable.tree(application), "it is alone, and has no zombie");
                assertTrue(ProcessStat.read(beside).isEmpty());
            } finally {
                end(application);
            }
        }
    }

    @Test
    void a_command_beside_a_restored_application_is_in_its_time_namespace(Scratch scratch) {
        int application = run(thaw(scratch), scratch);
        try {
            thaw(scratch).run("checkpoint", "--name", "shop", scratch.path("image")).expect(0);
            Children.awaitGone(List.of(application), Await.LIMIT);
            thaw(scratch).run("restore", "--detach", "--name", "shop", scratch.path("image")).expect(0);
            String time = FileCalls.readlink("/proc/" + application + "/ns/time");
            assertNotEquals(FileCalls.readlink("/proc/self/ns/time"), time, "criu gives it one");
            assertEquals(time + "\n", thaw(scratch).run("exec", "--name", "shop", "--", "readlink", "/proc/self/ns/time").expect(0).out());
            thaw(scratch).run("exec", "--name", "shop", "--", "sh", "-c", "kill -9 $$").expect(128 + Signals.SIGKILL);
            thaw(scratch).run("exec", "--name", "shop", "--", "nothing-of-that-name").expect(127);
            ThawProcess.Result outside = thaw(scratch).run("exec", "--name", "shop", "--env", "PATH=/nothing", "--", "/usr/bin/readlink", "/proc/self/ns/time").expect(0);
            outside.expectErr("the command is not in the time namespace of shop").expectErr("there is no nsenter where it runs");
            assertEquals(FileCalls.readlink("/proc/self/ns/time") + "\n", outside.out());
        } finally {
            end(application);
        }
    }

    @Test
    @RequiresTool("unshare")
    void a_command_beside_an_application_is_in_its_user_namespace_and_root_there(Scratch scratch) {
        String[] entering = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "unshare", "--user", "--map-root-user"};
        try (Program probe = Program.with().nullStreams().start(Stream.concat(Stream.of(entering), Stream.of("true")).toArray(String[]::new))) {
            Assumptions.assumeTrue(probe.awaitEnd().exitCode() == 0, "this machine lets ordinary users have no user namespace");
        }
        thaw(scratch).run(Stream.of(Stream.of("run", "--detach", "--pid-file", scratch.path("pid"), "--name", "shop", "--"), Stream.of(entering),
                Stream.of("sleep", "1000")).flatMap(words -> words).toArray(String[]::new)).expect(0);
        int application = Integer.parseInt(scratch.read("pid").strip());
        try {
            Await.until("the application", () -> ProcessTable.commandLine(application).equals(Optional.of("sleep 1000")));
            assertEquals(FileCalls.readlink("/proc/" + application + "/ns/user") + "\n0\n0 65534 1\n", thaw(scratch).run("exec", "--name", "shop", "--",
                    "sh", "-c", "readlink /proc/self/ns/user; id -u; tr -s ' ' </proc/self/uid_map | sed 's/^ //'").expect(0).out());
            thaw(scratch).run("exec", "--name", "shop", "--env", "PATH=/nothing", "--", "/usr/bin/touch", scratch.path("started")).expect(ExitCode.FAILURE)
                    .expectErr("the user namespace of shop cannot be entered\n  because: there is no nsenter where it runs")
                    .expectErr("with util-linux in its root directory");
            assertFalse(FileCalls.lstatIfExists(scratch.path("started")).isPresent());
        } finally {
            end(application);
        }
    }

    @Test
    void a_command_beside_an_application_may_have_a_terminal_of_its_own(Scratch scratch) {
        int application = run(thaw(scratch), scratch);
        try (TestPty pty = new TestPty();
                ThawProcess beside = thaw(scratch).terminal(pty).start("exec", "--name", "shop", "--session", "new", "--stdin", "pty", "--stdout", "pty",
                        "--stderr", "stdout", "--", "sh", "-c", "tty; stty size; read -r line; echo \"got $line\"; exit 5")) {
            pty.readUntil("/dev/pts/");
            pty.type("hello\n");
            pty.readUntil("got hello\r\n");
            beside.awaitEnd().expect(5);
        } finally {
            end(application);
        }
    }

    @Test
    void a_command_beside_an_application_may_read_what_the_broker_keeps(Scratch scratch) {
        int application = run(thaw(scratch), scratch);
        try (ServedBroker broker = ServedBroker.start(scratch); FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC)) {
            ThawProcess.in(scratch).descriptor(5, pipe.reader().number()).run("broker", "store", "--socket", broker.socket(), "input", "--fd", "5").expect(0);
            Bytes.write(pipe.writer().number(), "kept\n");
            thaw(scratch).environment("THAW_BROKER", broker.socket()).run("exec", "--name", "shop", "--stdin", "broker:input", "--", "head", "-n", "1")
                    .expect(0).expectOut("kept\n");
        } finally {
            end(application);
        }
    }

    /** An orphan of the application that nobody below it is the parent of any more. */
    @Test
    void who_is_in_its_session_is_named_and_ended_and_the_application_leads_it_again(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            int orphan = Integer.parseInt(puppet.eval("""
                    r, w = os.pipe()
                    child = os.fork()
                    if not child:
                        orphan = os.fork()
                        if orphan:
                            os.write(w, str(orphan).encode())
                            os._exit(0)
                        [os.close(n) for n in (r, w)]
                        time.sleep(1000)
                    os.waitpid(child, 0)
                    said = os.read(r, 20).decode()
                    os.close(r); os.close(w)
                    said"""));
            Failure refused = Dumps.of(scratch, puppet).fails();
            assertTrue(refused.what().contains("pid " + orphan + " ("), refused::toString);
            assertTrue(refused.because().toString().contains("no restored process can get the pid " + puppet.pid() + " again"), refused::toString);
            Checkpoint made = Dumps.of(scratch, puppet).intruders(Intruders.END).run();
            assertFalse(Children.isRunning(orphan));
            assertTrue(made.notes().stream().map(Finding::what).anyMatch(what -> what.contains("pid " + orphan)), made.notes()::toString);
            Children.reap(orphan);
            puppet.awaitGone();
            try (ThawProcess thaw = ThawProcess.in(scratch).start("restore", scratch.path("image"))) {
                thaw.awaitRestored(puppet);
                assertEquals("True", puppet.eval("os.getsid(0) == os.getpid() == os.getpgrp()"));
                assertTrue(ProcessStat.read(orphan).isEmpty());
                puppet.leave(thaw);
            }
        }
    }

    @Test
    void a_checkpoint_on_sigterm_ends_who_is_beside_it_where_that_is_asked_for(Scratch scratch) {
        try (ThawProcess application = thaw(scratch).start("run", "--image", scratch.path("image"), "--on-term", "checkpoint", "--intruders", "end",
                "--name", "shop", "--status-fd", "2", "--", "sleep", "1000")) {
            application.awaitErr("\"event\":\"ready\"");
            int beside = Integer.parseInt(thaw(scratch).run("exec", "--name", "shop", "--", "sh", "-c", "setsid sleep 2000 >/dev/null 2>&1 & echo $!")
                    .expect(0).out().strip());
            application.signal(Signals.SIGTERM);
            application.awaitEnd().expect(0);
            assertFalse(Children.isRunning(beside));
        }
    }

    /** An application under the name shop; its pid. */
    private static int run(ThawProcess.Builder thaw, Scratch scratch, String... options) {
        List<String> line = new ArrayList<>(List.of("run", "--detach", "--pid-file", scratch.path("pid"), "--name", "shop", "--env", "A=of the",
                "--env", "B=application"));
        line.addAll(List.of(options));
        line.addAll(List.of("--", "sleep", "1000"));
        thaw.run(line.toArray(String[]::new)).expect(0);
        return Integer.parseInt(scratch.read("pid").strip());
    }

    private static void end(int application) {
        Children.killTrees(List.of(application));
        Children.awaitGone(List.of(application), Await.LIMIT);
    }

    @Test
    void what_an_ended_process_had_of_a_pipe_keeps_no_restore_from_working(Scratch scratch) {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(0);
                Puppet puppet = Puppet.in(scratch).descriptor(5, pipe.writer().number()).nullStreams().start()) {
            Program reader = Program.with().descriptor(0, pipe.reader().number()).nullStreams()
                    .environment("THAW_BESIDE", puppet.pid() + ":" + startTicks(puppet.pid())).start("sleep", "2000");
            pipe.reader().close();
            pipe.writer().close();
            Failure refused = Dumps.of(scratch, puppet).fails();
            assertTrue(refused.because().toString().contains("it has pipe:["), refused::toString);
            Checkpoint made = Dumps.of(scratch, puppet).intruders(Intruders.END).run();
            assertTrue(made.notes().stream().map(Finding::what).anyMatch(what -> what.contains("is ended first")), made.notes()::toString);
            assertTrue(made.notes().stream().anyMatch(note -> note.what().equals("pid " + reader.pid() + " (sleep) was ended, and its parent does not reap it")
                    && note.because().toString().contains("its pid, session and process group are taken")), made.notes()::toString);
            reader.close();
            puppet.awaitGone();
            try (ThawProcess thaw = ThawProcess.in(scratch).start("restore", scratch.path("image"))) {
                thaw.awaitRestored(puppet);
                assertEquals("BrokenPipeError", puppet.eval("try:\n    os.write(5, b'x')\n    said = 'written'\nexcept OSError as e:\n    said = type(e).__name__\nsaid"));
                puppet.leave(thaw);
            }
        }
    }

    /** Known by the mark of thaw exec alone: it is in another session, group and namespace than the application. */
    @Test
    void what_an_ended_process_had_of_a_socket_and_a_terminal_keeps_no_restore_from_working(Scratch scratch) {
        try (TestSocketPair pair = TestSocketPair.stream(); TestPty pty = new TestPty();
                Puppet puppet = Puppet.in(scratch).descriptor(5, pair.theirs()).descriptor(6, pty.slave()).nullStreams().start()) {
            Program peer = Program.with().descriptor(5, pair.ours()).descriptor(6, pty.master()).nullStreams()
                    .environment("THAW_BESIDE", puppet.pid() + ":" + startTicks(puppet.pid())).start("sleep", "2000");
            pair.releaseTheirs();
            pair.releaseOurs();
            pty.releaseSlave();
            pty.releaseMaster();
            Failure refused = Dumps.of(scratch, puppet).fails();
            String because = refused.because().toString();
            assertTrue(because.contains("it has socket:[") && because.contains(" as fd 5, ptmx[") && because.contains("] as fd 6"), refused::toString);
            Dumps.of(scratch, puppet).intruders(Intruders.END).run();
            assertFalse(Children.isRunning(peer.pid()));
            peer.close();
            puppet.awaitGone();
            try (ThawProcess thaw = ThawProcess.in(scratch).start("restore", "--map", "fd:6=null", scratch.path("image"))) {
                thaw.awaitRestored(puppet);
                assertEquals("BrokenPipeError", puppet.eval(SAID_ON.formatted("os.write(5, b'x')")), "a peer that ended");
                assertEquals("b''", puppet.eval(SAID_ON.formatted("os.read(5, 1)")));
                assertEquals("/dev/null", puppet.eval("os.readlink('/proc/self/fd/6')"), "what takes the terminal's place has to be said");
                puppet.leave(thaw);
            }
        }
    }

    /** As the rest of a shell's pipeline is: neither started by thaw, nor below the application, nor in a session that it leads. */
    @Test
    void who_is_in_its_process_group_alone_is_named_and_ended_and_the_application_leads_it_again(Scratch scratch) {
        try (Puppet shell = Puppet.start(scratch)) {
            Puppet application = shell.child("application");
            Puppet rest = shell.child("rest");
            application.eval("os.setpgid(0, 0)");
            rest.eval("os.setpgid(0, " + application.pid() + ")");
            long began = ProcessStat.read(rest.pid()).orElseThrow().startTicks();
            String who = "pid " + rest.pid() + " (" + ProcessStat.read(rest.pid()).orElseThrow().comm() + "), which is in process group " + application.pid() + " of the tree, is not below it";

            List<Finding> notes = Dumps.of(scratch, application).leaveRunning().run().notes();
            assertTrue(notes.stream().anyMatch(note -> note.what().equals(who) && note.tries().toString().contains("kill " + rest.pid())), notes::toString);
            assertTrue(Children.isRunning(rest.pid()), "it is ended only where that is asked for");
            shell.begin("os.waitpid(" + rest.pid() + ", 0)");
            notes = Dumps.of(scratch, application).intruders(Intruders.END).run().notes();
            assertTrue(notes.stream().map(Finding::what).anyMatch((who + ", and is ended first")::equals), notes::toString);
            assertTrue(notes.stream().map(Finding::what).noneMatch(what -> what.contains("does not reap it")), notes::toString);
            assertTrue(ProcessStat.read(rest.pid()).isEmpty());
            shell.eval("os.waitpid(" + application.pid() + ", 0)");
            application.awaitGone();
            try (ThawProcess thaw = ThawProcess.in(scratch).start("restore", scratch.path("image"))) {
                thaw.awaitRestored(application);
                assertEquals("True", application.eval("os.getpgrp() == os.getpid()"));
                // Its number may be somebody else's by now.
                assertTrue(ProcessStat.read(rest.pid()).filter(stat -> stat.startTicks() == began).isEmpty());
                application.leave(thaw);
            }
        }
    }

    @Test
    @RequiresTool("strace")
    void a_tracer_is_asked_to_go_and_the_application_runs_on_from_there(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch);
                Program strace = Program.with().nullStreams().start("strace", "-o", scratch.path("trace"), "-p", "" + puppet.pid())) {
            endTracer(scratch, puppet, strace);
        }
    }

    @Test
    void a_debugger_that_does_not_listen_is_killed(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch);
                Program debugger = Program.with().nullStreams().start(Checkout.python(), "-c", DEBUGGER, "" + puppet.pid())) {
            endTracer(scratch, puppet, debugger);
        }
    }

    private static void endTracer(Scratch scratch, Puppet puppet, Program tracer) {
        Await.until("a tracer", () -> status(puppet.pid(), "TracerPid").equals("" + tracer.pid()));
        puppet.eval("x = 41");
        Failure refused = Dumps.of(scratch, puppet).fails();
        assertTrue(refused.what().contains("is traced by pid " + tracer.pid()), refused::toString);
        assertTrue(refused.tries().contains("--intruders end, which ends it first"), refused::toString);
        Dumps.of(scratch, puppet).intruders(Intruders.END).run();
        assertFalse(Children.isRunning(tracer.pid()));
        puppet.awaitGone();
        try (ThawProcess thaw = ThawProcess.in(scratch).start("restore", scratch.path("image"))) {
            thaw.awaitRestored(puppet);
            assertEquals("42", puppet.eval("x + 1"));
            assertEquals("0", status(puppet.pid(), "TracerPid"));
            puppet.leave(thaw);
        }
    }

    @Test
    @RequiresTool({"nsenter", "unshare"})
    void who_entered_the_pid_namespace_of_an_application_is_named_and_ended(Scratch scratch) {
        try (Program unshare = Program.with().nullStreams().start("unshare", "--pid", "--fork", "--mount-proc", "setsid", "sleep", "1000")) {
            int init = Await.value(() -> "the first process inside", Await.LIMIT, () -> ProcessTable.children(unshare.pid()).stream()
                    .filter(pid -> ProcessTable.commandLine(pid).equals(Optional.of("sleep 1000"))).findFirst());
            try (Program entered = Program.with().nullStreams().start("nsenter", "--target", "" + init, "--pid", "--mount", "sleep", "2000")) {
                int intruder = Await.value(() -> "who entered", Await.LIMIT, () -> ProcessTable.children(entered.pid()).stream()
                        .filter(pid -> ProcessTable.commandLine(pid).equals(Optional.of("sleep 2000"))).findFirst());
                Failure refused = Dumps.of(scratch, init).fails();
                assertTrue(refused.what().contains("pid " + intruder + " (sleep), which is in the pid namespace of the tree"), refused::toString);
                Checkpoint made = Dumps.of(scratch, init).intruders(Intruders.END).run();
                Children.awaitGone(List.of(intruder), Await.LIMIT);
                assertEquals(1, Dumps.images(made).tasks().size(), "the sleep of 1000 s alone");
            }
        }
    }

    private static ThawProcess.Builder thaw(Scratch scratch) {
        return ThawProcess.in(scratch).environment("THAW_RUNTIME_DIR", scratch.path("names"));
    }

    private static String unified(int pid) {
        return CgroupMembership.read(pid).stream().filter(CgroupMembership::isUnified).findFirst().orElseThrow().path();
    }

    private static long startTicks(int pid) {
        return ProcessStat.read(pid).orElseThrow().startTicks();
    }

    private static String status(int pid, String field) {
        return StatusFile.read(pid).field(field);
    }
}
