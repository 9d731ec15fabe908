package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.linux.proc.StatusFile;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NothingLeft.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
@Timeout(60)
class ProcessCallsTest {

    private static final Duration NOW = Duration.ZERO;

    /** The JDK's channels keep a descriptor of their own from the first use on. */
    @BeforeAll
    static void use_a_channel() throws Exception {
        Pipe pipe = Pipe.open();
        pipe.source().close();
        pipe.sink().close();
    }

    @Test
    void exit_code_of_a_child_is_reported_once() {
        int pid = Launch.shell("exit 23").start();
        assertEquals(Optional.of(new WaitStatus.Exited(23)), ProcessCalls.waitPid(pid, false));
        assertTrue(assertThrows(LinuxException.class, () -> ProcessCalls.waitPid(pid, true)).is(Errno.ECHILD));
        assertTrue(assertThrows(LinuxException.class, () -> ProcessCalls.waitPid(pid, Launch.LIMIT)).is(Errno.ECHILD));
    }

    @Test
    void a_child_ended_by_a_signal_is_reported_as_such() {
        int pid = Launch.program("sleep", "60").start();
        ProcessCalls.kill(pid, Signals.SIGTERM);
        assertEquals(new WaitStatus.Signaled(Signals.SIGTERM, false), Launch.end(pid));
    }

    @Test
    void a_running_child_has_no_status_and_a_wait_for_it_ends_at_its_limit() {
        int pid = Launch.program("sleep", "60").start();
        long start = System.nanoTime();
        assertEquals(Optional.empty(), ProcessCalls.waitPid(pid, true));
        assertEquals(Optional.empty(), ProcessCalls.peekExit(pid));
        assertEquals(Optional.empty(), ProcessCalls.waitPid(pid, NOW));
        assertEquals(Optional.empty(), ProcessCalls.waitPid(pid, Duration.ofMillis(150)));
        long tookMillis = (System.nanoTime() - start) / 1_000_000;
        assertTrue(tookMillis >= 149 && tookMillis < 20_000, "took " + tookMillis + " ms");
        ProcessCalls.kill(pid, Signals.SIGKILL);
        assertEquals(new WaitStatus.Signaled(Signals.SIGKILL, false), Launch.end(pid));
    }

    @Test
    void peeking_at_an_ended_child_does_not_reap_it() {
        int pid = Launch.shell("exit 5").start();
        try (OwnedFd pidfd = ProcessCalls.pidfdOpen(pid)) {
            assertEquals(FdCalls.POLLIN, FdCalls.poll(new int[] {pidfd.number()}, FdCalls.POLLIN, Launch.LIMIT.toMillis())[0]);
        }
        assertEquals(Optional.of(pid), ProcessCalls.peekAnyExited());
        assertEquals(Optional.of(new WaitStatus.Exited(5)), ProcessCalls.peekExit(pid));
        assertEquals(Optional.of(new WaitStatus.Exited(5)), ProcessCalls.peekExit(pid));
        assertEquals(Optional.of(new WaitStatus.Exited(5)), ProcessCalls.waitPid(pid, true));
        assertEquals(Optional.empty(), ProcessCalls.peekAnyExited());
    }

    @Test
    void no_status_is_wrong_or_lost_among_many_children() {
        List<Integer> pids = new ArrayList<>();
        for (int code = 0; code < 100; code++) {
            pids.add(Launch.shell("exit " + code).start());
        }
        for (int code = 0; code < 100; code++) {
            assertEquals(new WaitStatus.Exited(code), Launch.end(pids.get(code)));
        }
    }

    @Test
    void a_pidfd_signals_its_process_and_no_other() {
        int pid = Launch.program("sleep", "60").start();
        try (OwnedFd pidfd = ProcessCalls.pidfdOpen(pid)) {
            assertTrue(FdCalls.isCloseOnExec(pidfd.number()));
            ProcessCalls.pidfdSendSignal(pidfd.number(), Signals.SIGINT);
            assertEquals(new WaitStatus.Signaled(Signals.SIGINT, false), Launch.end(pid));
            LinuxException gone = assertThrows(LinuxException.class, () -> ProcessCalls.pidfdSendSignal(pidfd.number(), Signals.SIGINT));
            assertEquals("pidfd_send_signal(" + pidfd.number() + ", SIGINT): ESRCH (No such process)", gone.getMessage());
        }
        assertTrue(assertThrows(LinuxException.class, () -> ProcessCalls.pidfdOpen(pid)).is(Errno.ESRCH));
    }

    @Test
    void a_pid_exists_until_it_is_reaped() {
        int pid = Launch.program("true").start();
        assertTrue(ProcessCalls.exists(pid));
        Launch.end(pid);
        assertFalse(ProcessCalls.exists(pid));
        assertTrue(ProcessCalls.exists(1));
        assertEquals("kill(" + pid + ", SIGTERM): ESRCH (No such process)",
            assertThrows(LinuxException.class, () -> ProcessCalls.kill(pid, Signals.SIGTERM)).getMessage());
    }

    @Test
    void a_subreaper_gets_the_status_of_an_orphan() {
        assertFalse(ProcessCalls.isChildSubreaper());
        ProcessCalls.setChildSubreaper(true);
        try {
            assertTrue(ProcessCalls.isChildSubreaper());
            String output = Launch.shell("(exec >/dev/null; sleep 0.1; exit 23) & echo $!").run().output();
            assertEquals(new WaitStatus.Exited(23), Launch.end(Integer.parseInt(output.trim())));
        } finally {
            ProcessCalls.setChildSubreaper(false);
        }
    }

    @Test
    void environment_keeps_every_byte_and_the_order() {
        String odd = KernelString.decode(new byte[] {'O', '=', (byte) 0xff, (byte) 0xc3, '\t', (byte) 0xa9});
        Launch launch = ChildJvm.launch("environment");
        launch.environment = List.of("Z=last first", odd, "LANG=C", "A=1");
        assertEquals("Z=last first\n" + odd + "\nLANG=C\nA=1\n", launch.run().output());
    }

    @Test
    void exec_keeps_the_pid_and_leaves_neither_JVM_descriptors_nor_a_mask() {
        Launch.Result result = ChildJvm.launch("exec").run();
        String[] lines = result.output().split("\n");
        assertEquals(Integer.toString(result.pid()), lines[0]);
        assertEquals(result.pid() + " replaced", lines[1]);
        assertEquals(List.of("0", "1", "2", "SigBlk:\t0000000000000000"), List.of(lines).subList(2, lines.length));
        assertEquals(new WaitStatus.Exited(0), result.status());
    }

    @Test
    void a_process_leads_a_session_once_and_can_give_it_a_terminal() {
        assertEquals("leads true\nsetsid(): EPERM (Operation not permitted)\ncontrolled true\n", ChildJvm.launch("session").run().output());
    }

    @Test
    void a_failed_exec_changes_nothing() {
        SignalMask mask = SignalMask.blocking(Signals.SIGUSR2);
        LinuxException failure = assertThrows(LinuxException.class, () -> ProcessCalls.execve("/no/such", List.of("x"), List.of()));
        assertEquals("execve(\"/no/such\"): ENOENT (No such file or directory)", failure.getMessage());
        String status = KernelString.decode(FileCalls.readAll("/proc/thread-self/status"));
        mask.close();
        assertTrue(StatusFile.parse(status).blockedSignals().contains(Signals.SIGUSR2));
    }

    @Test
    void ids_are_those_that_proc_shows() {
        StatusFile status = StatusFile.read(ProcessCalls.getpid());
        assertEquals(List.of(ProcessCalls.getuid(), ProcessCalls.geteuid()), status.uids().subList(0, 2));
        assertEquals(List.of(ProcessCalls.getgid(), ProcessCalls.getegid()), status.gids().subList(0, 2));
        assertEquals(status.capEff(), ProcessCalls.capabilitiesEffective());
        assertEquals(status.capPrm(), ProcessCalls.capabilitiesPermitted());
    }

    @Test
    void the_limit_of_descriptors_can_be_lowered_and_raised_again() {
        ProcessCalls.Limit before = ProcessCalls.noFileLimit();
        ProcessCalls.setNoFileLimit(new ProcessCalls.Limit(before.soft() - 1, before.hard()));
        assertEquals(before.soft() - 1, ProcessCalls.noFileLimit(ProcessCalls.getpid()).soft());
        ProcessCalls.setNoFileLimit(before);
        LinuxException failure = assertThrows(LinuxException.class,
            () -> ProcessCalls.setNoFileLimit(new ProcessCalls.Limit(before.hard() + 1, before.hard())));
        assertTrue(failure.is(Errno.EINVAL));
    }

    @Test
    void descriptors_of_one_description_compare_as_equal_and_others_in_a_stable_order() {
        int pid = ProcessCalls.getpid();
        try (OwnedFd file = FdCalls.memfdCreate("a", 0);
             OwnedFd copy = file.duplicate();
             OwnedFd reopened = FileCalls.open("/proc/self/fd/" + file.number(), OpenFlags.O_RDWR)) {
            assertEquals(0, ProcessCalls.kcmpFile(pid, file.number(), pid, copy.number()));
            int order = ProcessCalls.kcmpFile(pid, file.number(), pid, reopened.number());
            assertNotEquals(0, order);
            assertEquals(-order, ProcessCalls.kcmpFile(pid, reopened.number(), pid, file.number()));
        }
    }

    @Test
    void threads_share_what_processes_do_not() {
        int pid = ProcessCalls.getpid();
        int thread = ProcessTable.threads(pid).stream().filter(id -> id != pid).findFirst().orElseThrow();
        int child = Launch.program("sleep", "60").start();
        for (ProcessCalls.Shared what : ProcessCalls.Shared.values()) {
            assertTrue(ProcessCalls.isShared(pid, thread, what), what.toString());
            assertFalse(ProcessCalls.isShared(pid, child, what), what.toString());
        }
        ProcessCalls.kill(child, Signals.SIGKILL);
        Launch.end(child);
    }

    @Test
    void an_epoll_set_watches_a_description_under_the_number_it_was_added_with() throws Exception {
        int pid = ProcessCalls.getpid();
        Pipe pipe = Pipe.open();
        try (Selector epoll = Selector.open(); Pipe.SourceChannel source = pipe.source(); Pipe.SinkChannel sink = pipe.sink()) {
            assertTrue(sink.isOpen());
            source.configureBlocking(false);
            source.register(epoll, SelectionKey.OP_READ);
            epoll.selectNow(); // the JDK's selector is an epoll set
            List<Integer> sets = ProcessTable.descriptors(pid).stream()
                    .filter(fd -> links(pid, fd).equals("anon_inode:[eventpoll]") && fdInfo(pid, fd).contains("\ntfd:")).toList();
            boolean found = false;
            for (int set : sets) {
                for (String line : fdInfo(pid, set).split("\n")) {
                    if (line.startsWith("tfd:")) {
                        int watched = Integer.parseInt(line.substring(4).trim().split("\\s+")[0]);
                        assertFalse(ProcessCalls.isWatched(pid, set, set, watched));
                        assertFalse(ProcessCalls.isWatched(pid, watched, set, watched + 1000));
                        found |= ProcessCalls.isWatched(pid, watched, set, watched);
                    }
                }
            }
            assertTrue(found);
        }
    }

    private static String links(int pid, int fd) {
        try {
            return ProcessTable.link(pid, fd);
        } catch (LinuxException closedMeanwhile) {
            return "";
        }
    }

    private static String fdInfo(int pid, int fd) {
        try {
            return KernelString.decode(FileCalls.readAll("/proc/" + pid + "/fdinfo/" + fd));
        } catch (LinuxException closedMeanwhile) {
            return "";
        }
    }

    @Test
    void a_descriptor_of_another_process_can_be_had() {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(0)) {
            int child = Launch.program("sleep", "60").with(5, pipe.reader().number()).start();
            FileCalls.writeFully(pipe.writer().number(), new byte[3]);
            try (OwnedFd pidfd = ProcessCalls.pidfdOpen(child); OwnedFd copy = ProcessCalls.pidfdGetFd(pidfd.number(), 5)) {
                assertEquals(3, FdCalls.bytesAvailable(copy.number()));
                assertTrue(FdCalls.isCloseOnExec(copy.number()));
                assertTrue(assertThrows(LinuxException.class, () -> ProcessCalls.pidfdGetFd(pidfd.number(), 6)).is(Errno.EBADF));
            } finally {
                ProcessCalls.kill(child, Signals.SIGKILL);
                Launch.end(child);
            }
        }
    }

    @Test
    void a_child_can_be_moved_into_a_group_only_before_its_exec() {
        int pid = Launch.program("sleep", "60").start();
        LinuxException failure = assertThrows(LinuxException.class, () -> ProcessCalls.setpgid(pid, 0));
        assertEquals(ProcessCalls.getpgid(0), ProcessCalls.getpgid(pid));
        assertEquals(ProcessCalls.getsid(0), ProcessCalls.getsid(pid));
        ProcessCalls.kill(pid, Signals.SIGKILL);
        Launch.end(pid);
        assertTrue(failure.is(Errno.EACCES));
    }

    @Test
    void a_signal_can_be_ignored_and_given_back_its_default() {
        ProcessCalls.setSignalIgnored(Signals.SIGWINCH);
        assertTrue(StatusFile.read(ProcessCalls.getpid()).ignoredSignals().contains(Signals.SIGWINCH));
        ProcessCalls.setSignalDefault(Signals.SIGWINCH);
        assertFalse(StatusFile.read(ProcessCalls.getpid()).ignoredSignals().contains(Signals.SIGWINCH));
        assertEquals("signal(SIGKILL): EINVAL (Invalid argument)",
            assertThrows(LinuxException.class, () -> ProcessCalls.setSignalIgnored(Signals.SIGKILL)).getMessage());
    }
}
