package dev.thaw.it.restore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.Bytes;
import dev.thaw.it.Children;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Program;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.Scratch;
import dev.thaw.it.TestCgroup;
import dev.thaw.it.ThawProcess;
import dev.thaw.launcher.NameRegistry;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.StatusFile;
import dev.thaw.pidns.NamespacePids;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code restore --pid-namespace} by a compiled plan: as the planner does it, and nothing is left of one that is cut short. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
class CompiledNamespaceIT {
    /** With this, nothing but a compiled plan can restore. */
    private static final String NO_JAVA = "/nonexistent/java";
    private static final String BY_PLAN = "\"plan\":\"compiled\"";
    private static final int COPIES = 12;

    /** A pipe, files, shared descriptions, and below it a process in another session and one with the same table. */
    private static final String DESCRIPTORS = """
            place(os.open('log', os.O_WRONLY | os.O_APPEND | os.O_CREAT), 2)
            place(os.open('log', os.O_RDWR), 10)
            os.lseek(10, 3, 0)
            place(os.dup(10), 11)
            for fd, number in zip(os.pipe(), (13, 14)): place(fd, number)
            """;
    /** What it sees of its namespace. */
    private static final String VIEW = """
            mounts = [line.split(' - ')[1] + ' ' + line.split()[5] for line in open('/proc/self/mountinfo') if ' /proc ' in line]
            first = {fd: os.readlink('/proc/1/fd/' + fd) for fd in '012'}
            (os.getpid(), os.getppid(), os.getsid(0), sorted(int(name) for name in os.listdir('/proc') if name.isdigit()), mounts, first, os.getsid(1))""";

    @Test
    void both_ways_give_the_same_tables_and_the_same_view(Scratch scratch) {
        try (FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Puppet puppet = Puppet.in(scratch).directory(scratch.path()).nullStreams().descriptor(1, out.writer().number()).start()) {
            puppet.eval(DESCRIPTORS);
            puppet.child("fork");
            puppet.child("other", "session=True");
            puppet.child("table", "share_table=True");
            checkpoint(scratch, puppet);
            List<String> views = new ArrayList<>();
            for (boolean byProgram : new boolean[] {true, false}) {
                restoreDetached(scratch, byProgram, Optional.of(out));
                int pid = pid(scratch);
                assertEquals(List.of(pid, puppet.pid()), StatusFile.read(pid).nsPid());
                NamespacePids pids = NamespacePids.with(pid);
                List<String> found = DescriptorTables.of(puppet, Map.of(FileCalls.fstat(out.writer().number()).inode(), "stdout"),
                        inside -> pids.outer(inside).orElseThrow());
                views.add(String.join("\n", found) + "\n" + puppet.eval(VIEW));
                if (byProgram) {
                    int init = pids.outer(1).orElseThrow();
                    assertEquals("", new String(FileCalls.readAll("/proc/" + init + "/environ"), UTF_8), "what the caller had in its environment is for nobody there");
                    assertEquals(List.of("0", "1", "2"), FileCalls.list("/proc/" + init + "/fd").stream().filter(fd -> !FileCalls.readlink("/proc/" + init + "/fd/" + fd)
                            .equals("/dev/null") || Integer.parseInt(fd) < 3).toList(), "what the caller had open stays open there");
                }
                end(puppet, pid);
            }
            assertEquals(views.get(1), views.get(0));
        }
    }

    @Test
    void application_in_the_foreground_is_attended_to_and_what_it_leaves_ends_with_it(Scratch scratch) {
        try (TestCgroup cgroup = TestCgroup.v2(); Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            puppet.eval("catch(15)");
            puppet.child("left", "session=True");
            checkpoint(scratch, puppet);
            try (ThawProcess thaw = script(scratch).cgroup(cgroup).environment(NameRegistry.DIRECTORY_VARIABLE, scratch.path("records"))
                    .start("restore", "--pid-namespace", "--status-fd", "2", "--pid-file", scratch.path("pid"), scratch.path("image"))) {
                thaw.awaitErr("\"ready\"");
                int pid = pid(scratch);
                assertTrue(thaw.err().contains("\"restored\",\"pid\":" + pid) && thaw.err().contains(BY_PLAN), thaw.err());
                assertEquals(thaw.pid(), ProcessStat.read(pid).orElseThrow().parentPid());
                assertEquals("0", puppet.eval("os.getppid()"));
                assertTrue(new NameRegistry(scratch.path("records")).findPid(pid).isPresent());
                thaw.signal(Signals.SIGTERM);
                Await.until("the signal", () -> puppet.eval("len(caught)").equals("1"));
                assertOrphansAreReaped(puppet);
                puppet.leave(thaw);
                assertFalse(FileCalls.lstatIfExists(scratch.path("pid")).isPresent());
            }
            assertEquals(List.of(), cgroup.processes());
        }
    }

    private static void assertOrphansAreReaped(Puppet puppet) {
        String orphan = puppet.eval("""
                ours, theirs = os.pipe()
                child = os.fork()
                if child == 0:
                    os.close(theirs)
                    grandchild = os.fork()
                    if grandchild:
                        open('orphan', 'w').write(str(grandchild))
                        os._exit(0)
                    os.read(ours, 1)
                    os._exit(0)
                os.waitpid(child, 0)
                orphan = open('orphan').read()
                (orphan, open('/proc/' + orphan + '/stat').read().split()[3])""");
        assertTrue(orphan.endsWith(", '1')"), orphan);
        puppet.eval("os.close(theirs); os.close(ours)");
        Await.until("the orphan's end", () -> puppet.eval("os.path.exists('/proc/' + orphan)").equals("False"));
    }

    @Test
    void application_outlives_thaw_and_its_namespace_ends_with_it(Scratch scratch) {
        try (TestCgroup cgroup = TestCgroup.v2(); Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            puppet.child("left", "session=True");
            checkpoint(scratch, puppet);
            try (ThawProcess thaw = script(scratch).cgroup(cgroup).start("restore", "--pid-namespace", "--on-parent-death", "keep", "--status-fd", "2", scratch.path("image"))) {
                thaw.awaitErr("\"ready\"");
                assertTrue(thaw.err().contains(BY_PLAN), thaw.err());
                thaw.signal(Signals.SIGKILL);
                thaw.awaitEnd().expect(137);
            }
            assertEquals("3", puppet.eval("1 + 2"));
            int pid = inside(cgroup, puppet.pid());
            puppet.begin("leave(0)");
            Children.awaitFree(Set.of(pid), Await.LIMIT);
            Await.until("the end of the namespace", () -> cgroup.processes().isEmpty());
        }
    }

    /** Who is killed while everything is restored and nothing of it has run. */
    @ParameterizedTest
    @CsvSource({"SHELL,true", "SHELL,false", "STARTER,true", "STARTER,false", "CRIU,true", "CRIU,false", "FIRST,true", "FIRST,false"})
    void nothing_is_left_when_a_part_of_it_is_killed(String victim, boolean detach, Scratch scratch) {
        try (TestCgroup cgroup = TestCgroup.v2(); Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            checkpoint(scratch, puppet);
            String proof = hold(scratch);
            List<String> words = new ArrayList<>(List.of("restore", "--pid-namespace", "--settle", "0", "--pid-file", scratch.path("pid"), scratch.path("image")));
            words.addAll(detach ? List.of("--detach") : List.of("--status-fd", "2"));
            try (ThawProcess thaw = (detach ? program(scratch) : script(scratch)).cgroup(cgroup).start(words.toArray(String[]::new))) {
                Await.until("criu's script", () -> FileCalls.lstatIfExists(scratch.path("held")).isPresent());
                List<Integer> begun = cgroup.processes().stream().filter(pid -> pid != thaw.pid()).toList();
                int first = inside(cgroup, 1);
                int starter = ProcessStat.read(first).orElseThrow().parentPid();
                ProcessCalls.kill(Map.of("SHELL", thaw.pid(), "STARTER", starter, "CRIU", inside(cgroup, 2), "FIRST", first).get(victim), Signals.SIGKILL);
                // Also while criu's script still waits: it ends with the namespace.
                Children.awaitGone(begun, Await.LIMIT);
                if (detach || victim.equals("SHELL")) {
                    thaw.awaitEnd().expect(victim.equals("SHELL") ? 137 : 125);
                } else {
                    thaw.awaitErr("\"ready\"");
                    assertFalse(thaw.err().contains(BY_PLAN), thaw.err());
                    puppet.leave(thaw);
                }
            }
            assertEquals(List.of(), cgroup.processes());
            assertFalse(FileCalls.lstatIfExists(scratch.path("pid")).isPresent());
            FileCalls.writeFile(proof, FileCalls.readAll(scratch.path("proof")), 0700);
            restoreDetached(scratch, true, Optional.empty());
            end(puppet, pid(scratch));
        }
    }

    /** As soon as there are so many processes. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 5, 6})
    void shell_that_is_killed_at_any_moment_leaves_nothing_or_the_application(int processes, Scratch scratch) {
        try (TestCgroup cgroup = TestCgroup.v2(); Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            checkpoint(scratch, puppet);
            for (int round = 0; round < 5; round++) {
                try (ThawProcess thaw = program(scratch).cgroup(cgroup).start("restore", "--pid-namespace", "--detach", "--settle", "0", scratch.path("image"))) {
                    while (thaw.isRunning() && cgroup.processes().size() < processes) {
                        Thread.onSpinWait();
                    }
                    if (thaw.isRunning()) {
                        thaw.signal(Signals.SIGKILL);
                    }
                    thaw.awaitEnd();
                }
                // What has run by then is there as a whole: it, and the first process of its namespace.
                Await.until("the end of what was begun", () -> cgroup.processes().isEmpty() || isUp(cgroup, puppet));
                if (!cgroup.processes().isEmpty()) {
                    end(puppet, inside(cgroup, puppet.pid()));
                    Await.until("the end of the namespace", () -> cgroup.processes().isEmpty());
                }
            }
        }
    }

    private static boolean isUp(TestCgroup cgroup, Puppet puppet) {
        List<Integer> pids = cgroup.processes();
        return pids.size() == 2 && pids.stream().anyMatch(pid -> program(pid).endsWith("/tail")) && pids.stream().anyMatch(pid -> number(pid) == puppet.pid());
    }

    @Test
    void same_process_plans_anew_when_the_compiled_plan_fails(Scratch scratch) {
        try (TestCgroup cgroup = TestCgroup.v2(); Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            checkpoint(scratch, puppet);
            FileCalls.writeFile(scratch.path("image/000001/restore.d/proof"), "#!/bin/sh\n[ \"$CRTOOLS_SCRIPT_ACTION\" != post-restore ]\n".getBytes(UTF_8), 0700);
            for (boolean detach : new boolean[] {true, false}) {
                try (ThawProcess thaw = script(scratch).cgroup(cgroup).start("restore", "--pid-namespace", detach ? "--detach" : "--on-parent-death=keep", "--pid-file",
                        scratch.path("pid"), "-v", scratch.path("image"))) {
                    Await.until("the pid file", () -> FileCalls.lstatIfExists(scratch.path("pid")).isPresent());
                    assertEquals("3", puppet.eval("1 + 2"));
                    assertFalse(thaw.err().contains("restored by the compiled plan"), thaw.err());
                    if (detach) {
                        thaw.awaitEnd().expect(0);
                        end(puppet, pid(scratch));
                        FileCalls.unlink(scratch.path("pid"));
                    } else {
                        thaw.awaitErr("planning anew");
                        puppet.leave(thaw);
                    }
                }
                Await.until("the end of both namespaces", () -> cgroup.processes().isEmpty());
            }
        }
    }

    /** Its pids are low ones, which criu and its helpers would have got as well. */
    @Test
    @Timeout(120)
    void application_from_a_pid_namespace_is_restored_into_others_again_and_again(Scratch scratch) {
        try (ThawProcess thaw = ThawProcess.in(scratch).start("run", "--pid-namespace", "--stdin", "null", "--stdout", "null", "--stderr", "null",
                "--pid-file", scratch.path("pid"), "--status-fd", "2", "--", "sleep", "1000")) {
            thaw.awaitErr("\"ready\"");
            ThawProcess.run(scratch, "checkpoint", "" + pid(scratch), scratch.path("image")).expect(0);
            thaw.awaitEnd().expect(137);
        }
        for (int life = 0; life < 3; life++) {
            restoreDetached(scratch, true, Optional.empty());
            int pid = pid(scratch);
            assertTrue(number(pid) < 50, () -> StatusFile.read(pid).nsPid().toString());
            ThawProcess.run(scratch, "checkpoint", "" + pid, scratch.path("image")).expect(0);
        }
        assertEquals("000004", FileCalls.readlink(scratch.path("image/current")));
    }

    @Test
    void pid_file_is_replaced_as_a_whole_or_nothing_runs(Scratch scratch) {
        try (TestCgroup cgroup = TestCgroup.v2(); Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            checkpoint(scratch, puppet);
            FileCalls.writeFile(scratch.path("pid"), "1\n".getBytes(UTF_8), 0600);
            restoreDetached(scratch, true, Optional.empty());
            assertEquals(List.of(pid(scratch), puppet.pid()), StatusFile.read(pid(scratch)).nsPid());
            assertEquals(0644, FileCalls.stat(scratch.path("pid")).permissions());
            end(puppet, pid(scratch));
            String nowhere = scratch.path("none/pid");
            program(scratch).cgroup(cgroup).run("restore", "--detach", "--pid-namespace", "--pid-file", nowhere, scratch.path("image")).expect(125);
            FileCalls.mkdir(nowhere.substring(0, nowhere.lastIndexOf('/')), 0700);
            // Of the last restore by the compiled plan nothing is left.
            assertEquals(List.of(), cgroup.processes());
            assertEquals(List.of(), FileCalls.list(scratch.path("none")));
        }
    }

    /** criu makes it again for a moment under its name, in each restore. */
    @Test
    void deleted_file_leaves_it_to_the_planner_and_the_checkpoint_says_so(Scratch scratch) {
        dump(scratch, true).expectErr("; not for --pid-namespace, as it has deleted files, and restores of such images take turns");
        for (boolean byProgram : new boolean[] {true, false}) {
            (byProgram ? program(scratch) : script(scratch)).nullDescriptor(0).nullDescriptor(1)
                    .run("restore", "--detach", "--pid-namespace", "--settle", "0", scratch.path("image")).expect(byProgram ? 125 : 0);
        }
    }

    @Test
    @Timeout(240)
    void many_of_one_image_at_once_have_their_own_streams(Scratch scratch) {
        dump(scratch, false);
        List<AutoCloseable> all = new ArrayList<>();
        List<FdCalls.Pipe> ins = new ArrayList<>();
        List<FdCalls.Pipe> outs = new ArrayList<>();
        List<ThawProcess> thaws = new ArrayList<>();
        try {
            for (int copy = 0; copy < COPIES; copy++) {
                ins.add(FdCalls.pipe2(OpenFlags.O_CLOEXEC));
                outs.add(FdCalls.pipe2(OpenFlags.O_CLOEXEC));
                thaws.add(program(scratch).descriptor(0, ins.get(copy).reader().number()).descriptor(1, outs.get(copy).writer().number())
                        .start("restore", "--detach", "--pid-namespace", "--settle", "0", "--pid-file", scratch.path("pid-" + copy), scratch.path("image")));
                ins.get(copy).reader().close();
                outs.get(copy).writer().close();
            }
            thaws.forEach(thaw -> thaw.awaitEnd().expect(0));
            for (int copy = 0; copy < COPIES; copy++) {
                Bytes.write(ins.get(copy).writer().number(), "for " + copy + "\n");
            }
            for (int copy = 0; copy < COPIES; copy++) {
                ins.get(copy).writer().close();
                // It ends when its input does; nobody else holds what was handed over.
                assertEquals("for " + copy + "\n", Bytes.readToEnd(outs.get(copy).reader().number()));
            }
        } finally {
            all.addAll(thaws);
            all.addAll(ins);
            all.addAll(outs);
            all.forEach(CompiledNamespaceIT::close);
        }
    }

    /** cat says what it is told. */
    private static ThawProcess.Result dump(Scratch scratch, boolean deleted) {
        try (FdCalls.Pipe in = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                OwnedFd file = scratch.open("deleted", OpenFlags.O_CREAT | OpenFlags.O_RDWR)) {
            FileCalls.unlink(scratch.path("deleted"));
            Program.Builder builder = Program.with().descriptor(0, in.reader().number()).descriptor(1, out.writer().number()).nullDescriptor(2);
            try (Program program = (deleted ? builder.descriptor(5, file.number()) : builder).start("cat")) {
                ThawProcess.Result result = ThawProcess.run(scratch, "checkpoint", "-v", "" + program.pid(), scratch.path("image")).expect(0);
                program.awaitGone();
                return result;
            }
        }
    }

    private static void checkpoint(Scratch scratch, Puppet puppet) {
        ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), scratch.path("image")).expect(0);
        puppet.awaitGone();
    }

    private static void restoreDetached(Scratch scratch, boolean byProgram, Optional<FdCalls.Pipe> out) {
        ThawProcess.Builder thaw = byProgram ? program(scratch) : ThawProcess.in(scratch);
        out.ifPresent(pipe -> thaw.descriptor(1, pipe.writer().number()));
        thaw.run("restore", "--detach", "--pid-namespace", "--settle", "0", "--pid-file", scratch.path("pid"), scratch.path("image")).expect(0);
    }

    /** Makes criu's script say that it is there, by the file "held", and wait when all is restored. @return its path; "proof" is what it was */
    private static String hold(Scratch scratch) {
        return HeldProof.with(scratch, "echo >" + scratch.path("held") + "\nsleep 1000\n");
    }

    /** Our pid of the process in the cgroup that has this one in its namespace. */
    private static int inside(TestCgroup cgroup, int number) {
        return cgroup.processes().stream().filter(pid -> number(pid) == number).findFirst().orElseThrow();
    }

    /** The pid that a process has in a namespace that is not ours; else 0. */
    private static int number(int pid) {
        try {
            List<Integer> pids = StatusFile.read(pid).nsPid();
            return pids.size() > 1 ? pids.get(pids.size() - 1) : 0;
        } catch (LinuxException ended) {
            return 0;
        }
    }

    private static String program(int pid) {
        try {
            return FileCalls.readlink("/proc/" + pid + "/exe");
        } catch (LinuxException ended) {
            return "";
        }
    }

    private static int pid(Scratch scratch) {
        return Integer.parseInt(scratch.read("pid").strip());
    }

    /** What is below it in its namespace ends with it. */
    private static void end(Puppet puppet, int pid) {
        Children.killTrees(Set.of(pid));
        Await.until("the end of all of it", () -> puppet.processes().isEmpty());
    }

    private static ThawProcess.Builder script(Scratch scratch) {
        return ThawProcess.in(scratch).throughScript();
    }

    private static ThawProcess.Builder program(Scratch scratch) {
        return script(scratch).environment("THAW_JAVA", NO_JAVA);
    }

    private static void close(AutoCloseable one) {
        try {
            one.close();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
