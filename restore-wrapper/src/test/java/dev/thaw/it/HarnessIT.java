package dev.thaw.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.WaitStatus;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.ProcessStat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The test harness itself, without thaw: what the other tests rely on. */
@IntegrationTest
class HarnessIT {

    @Test
    void puppet_has_exactly_the_descriptors_that_it_was_given(Scratch scratch) {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Puppet puppet = Puppet.start(scratch, Map.of(1, pipe.writer().number(), 9, pipe.reader().number()))) {
            String link = "pipe:[" + FileCalls.fstat(pipe.reader().number()).inode() + "]";
            assertEquals(Map.of(1, link, 9, link), links(puppet));
            assertEquals("{1: '" + link + "', 9: '" + link + "'}", puppet.eval("fds()"));
            puppet.eval("write(1, 'through the pipe')");
            assertEquals("through the pipe", puppet.eval("read(9)"));
            assertEquals(puppet.pid(), ProcessStat.read(puppet.pid()).orElseThrow().session());
        }
    }

    @Test
    void puppet_keeps_what_it_was_told_and_shows_what_went_wrong(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("x = 20\ndef twice(n):\n    return 2 * n");
            assertEquals("41", puppet.eval("twice(x) + 1"));
            assertEquals("text as it is", puppet.eval("'text as it is'"));
            AssertionError error = assertThrows(AssertionError.class, () -> puppet.eval("1 / 0"));
            assertTrue(error.getMessage().contains("ZeroDivisionError: division by zero"), error.getMessage());
            assertEquals("None", puppet.eval("catch(signal.SIGTERM, signal.SIGUSR1)"));
            ProcessCalls.kill(puppet.pid(), Signals.SIGUSR1);
            Await.until("the signal", () -> puppet.eval("caught").equals("['SIGUSR1']"));
            puppet.eval("leave(42)");
            assertEquals(new WaitStatus.Exited(42), puppet.awaitEnd());
            assertThrows(AssertionError.class, () -> puppet.eval("1"));
        }
    }

    @Test
    void children_of_a_puppet_share_its_descriptions_or_its_table(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("place(memfd('shared', 'abc'), 7)");
            Puppet fork = puppet.child("fork");
            Puppet twin = puppet.child("twin", "share_table=True");
            Puppet grandchild = fork.child("grandchild", "session=True");
            assertEquals(0, ProcessCalls.kcmpFile(puppet.pid(), 7, grandchild.pid(), 7));
            assertEquals("True", grandchild.eval("kcmp(os.getpid(), 7, %d, 7)".formatted(twin.pid())));
            assertEquals(grandchild.pid(), ProcessStat.read(grandchild.pid()).orElseThrow().session());
            puppet.eval("os.close(7)");
            assertEquals(3, twin.fdTable().size());
            assertEquals(4, fork.fdTable().size());
            fork.eval("die(signal.SIGTERM)");
            assertEquals(puppet.pid() + ", 15", puppet.eval("'%d, %d' % (os.getpid(), os.waitpid(" + fork.pid() + ", 0)[1])"));
        }
    }

    @Test
    @RequiresCriu
    void a_dumped_puppet_is_restored_with_other_descriptors_and_answers_again(Scratch scratch) {
        String images = scratch.path("images");
        scratch.file("log", "before\n");
        try (FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                OwnedFd log = scratch.open("log", OpenFlags.O_WRONLY | OpenFlags.O_APPEND);
                OwnedFd memfd = FdCalls.memfdCreate("cache", 0);
                TestPty pty = new TestPty();
                Puppet puppet = Puppet.in(scratch).descriptor(1, pipe.writer().number()).descriptor(3, log.number())
                        .descriptor(4, memfd.number()).descriptor(5, pty.slave()).nullStreams().start()) {
            puppet.eval("write(1, 'old pipe'); write(3, 'dumped\\n'); write(4, 'in the memfd'); remembered = 'still known'");
            assertEquals("old pipe", Bytes.readUntil(pipe.reader().number(), "old pipe"));
            Map<Integer, FdEntry> before = table(puppet);
            RawCriu.dump(scratch, puppet.pid(), images).option("--external", before.get(5).external(puppet.pid())).run();
            assertFalse(ProcessCalls.exists(puppet.pid()));

            // The world goes on: another pipe, another terminal, the log is rotated.
            FileCalls.rename(scratch.path("log"), scratch.path("log.1"));
            try (FdCalls.Pipe newPipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                    OwnedFd newLog = scratch.open("log", OpenFlags.O_WRONLY | OpenFlags.O_APPEND | OpenFlags.O_CREAT);
                    TestPty newPty = new TestPty()) {
                int pid = RawCriu.restore(scratch, images)
                        .inherit(newPipe.writer().number(), before.get(1).key())
                        .inherit(newLog.number(), before.get(3).key())
                        .inherit(newPty.slave(), before.get(5).key())
                        .run().pid();
                assertEquals(puppet.pid(), pid);
                assertEquals("still known", puppet.eval("remembered"));
                assertEquals("in the memfd", puppet.eval("os.pread(4, 99, 0).decode()"));
                puppet.eval("write(1, 'new pipe'); write(3, 'restored\\n'); write(5, 'new terminal')");
                assertEquals("new pipe", Bytes.readUntil(newPipe.reader().number(), "new pipe"));
                newPty.readUntil("new terminal");
                newPty.type("typed\n");
                assertEquals("typed\n", puppet.eval("read(5)"));
                assertEquals("before\ndumped\n", scratch.read("log.1"));
                assertEquals("restored\n", scratch.read("log"));

                assertEquals(before.keySet(), table(puppet).keySet());
                assertTrue(puppet.fd(3).appends());
                assertEquals("write", puppet.fd(1).access());
                assertEquals(12, puppet.fd(4).position());
                assertEquals(0, ProcessCalls.kcmpFile(ProcessCalls.getpid(), newLog.number(), pid, 3));
                assertNotEquals(0, ProcessCalls.kcmpFile(ProcessCalls.getpid(), newPipe.writer().number(), pid, 1));

                newPipe.writer().close();
                puppet.eval("leave(42)");
                assertEquals(new WaitStatus.Exited(42), puppet.awaitEnd());
                assertEquals("", Bytes.readToEnd(newPipe.reader().number()));
            }
        }
    }

    @Test
    @RequiresCriu
    void criu_says_why_it_failed(Scratch scratch) {
        try (TestPty pty = new TestPty();
                Puppet puppet = Puppet.in(scratch).descriptor(7, pty.slave()).nullStreams().start()) {
            AssertionError error = assertThrows(AssertionError.class,
                    () -> RawCriu.dump(scratch, puppet.pid(), scratch.path("images")).run());
            assertTrue(error.getMessage().contains("Found slave peer index"), error.getMessage());
            assertEquals("3", puppet.eval("1 + 2"), "a failed dump leaves it running");
        }
    }

    @Test
    @RequiresCriu
    void an_image_can_be_restored_again_though_the_process_went_on_after_the_dump(Scratch scratch) {
        String images = scratch.path("images");
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("n = 1");
            RawCriu.dump(scratch, puppet.pid(), images).option("--leave-running").run();
            for (int round = 0; round < 2; round++) {
                assertEquals("1", puppet.eval("n"));
                puppet.eval("n = 2");
                puppet.eval("die(signal.SIGKILL)");
                assertEquals(137, puppet.awaitEnd().exitCode());
                puppet.awaitGone();
                RawCriu.restore(scratch, images).run();
            }
            assertEquals("1", puppet.eval("n"));
        }
    }

    @Test
    @RequiresRoot
    void process_moves_into_a_cgroup_that_is_removed_afterwards(Scratch scratch) {
        String directory;
        try (TestCgroup cgroup = TestCgroup.v2(); TestCgroup child = cgroup.child("child"); Puppet puppet = Puppet.start(scratch)) {
            directory = cgroup.directory();
            child.add(puppet.pid());
            assertEquals(List.of(puppet.pid()), child.processes());
            assertTrue(CgroupMembership.read(puppet.pid()).stream().anyMatch(one -> one.isUnified() && one.path().equals(child.path())));
            assertTrue(puppet.eval("open('" + child.file("cgroup.events") + "').read()").contains("populated 1"));
        }
        assertTrue(FileCalls.statIfExists(directory).isEmpty());
    }

    @Test
    void terminal_can_be_the_controlling_one(Scratch scratch) {
        try (TestPty pty = new TestPty();
                Puppet puppet = Puppet.in(scratch).descriptor(0, pty.slave()).controllingTerminal(0).nullStreams().start()) {
            pty.setWindowSize(30, 100);
            assertEquals("os.terminal_size(columns=100, lines=30)", puppet.eval("os.get_terminal_size(0)"));
            assertNotEquals(0, ProcessStat.read(puppet.pid()).orElseThrow().terminalDevice());
            pty.type("\003");
            assertEquals(new WaitStatus.Signaled(Signals.SIGINT, false), puppet.awaitEnd());
        }
    }

    @Test
    void thaw_runs_as_a_process_of_its_own(Scratch scratch) {
        ThawProcess.Result result = ThawProcess.run(scratch, "--version");
        result.expect(0);
        assertTrue(result.took().toMillis() > 0);
    }

    private static Map<Integer, FdEntry> table(Puppet puppet) {
        return puppet.fdTable().stream().collect(Collectors.toMap(FdEntry::fd, entry -> entry));
    }

    private static Map<Integer, String> links(Puppet puppet) {
        return puppet.fdTable().stream().collect(Collectors.toMap(FdEntry::fd, FdEntry::link));
    }
}
