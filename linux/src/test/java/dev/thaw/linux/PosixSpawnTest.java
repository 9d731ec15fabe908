package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.StatusFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NothingLeft.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
class PosixSpawnTest {

    /** Prints the descriptors of the shell that runs it; a pipeline would give it more, and exec those of ls. */
    private static final String LIST = "ls /proc/$$/fd; :";

    @TempDir
    Path directory;

    @Test
    void child_has_exactly_the_descriptors_it_was_given() {
        try (OwnedFd nothing = FileCalls.open("/dev/null", OpenFlags.O_RDWR)) {
            assertEquals("0\n1\n2\n", Launch.shell(LIST).with(0, nothing.number()).with(2, nothing.number()).run().output());
        }
    }

    @Test
    void holes_between_wanted_numbers_are_closed_in_the_child() {
        try (OwnedFd nothing = FileCalls.open("/dev/null", OpenFlags.O_RDWR)) {
            Launch launch = Launch.shell(LIST);
            for (int number : new int[] {0, 2, 5, 40}) {
                launch.with(number, nothing.number());
            }
            assertEquals("0\n1\n2\n40\n5\n", launch.run().output());
        }
    }

    @Test
    void a_standard_stream_that_is_not_listed_is_closed() {
        assertEquals("1\n", Launch.shell(LIST).run().output());
    }

    @Test
    void descriptors_may_trade_places() {
        try (FdCalls.Pipe first = FdCalls.pipe2(0);
             FdCalls.Pipe second = FdCalls.pipe2(0)) {
            int a = first.writer().number();
            int b = second.writer().number();
            Launch launch = Launch.shell("echo to-a >/proc/$$/fd/" + b + "; echo to-b >/proc/$$/fd/" + a).with(a, b).with(b, a);
            assertEquals(new WaitStatus.Exited(0), launch.run().status());
            assertEquals("to-a\n", read(first.reader()));
            assertEquals("to-b\n", read(second.reader()));
        }
    }

    @Test
    void one_description_can_be_given_to_several_numbers_and_stays_shared() {
        try (OwnedFd file = FdCalls.memfdCreate("shared", 0)) {
            Launch.shell("printf one >&5; printf two >&6").with(5, file.number()).with(6, file.number()).run();
            assertEquals(6, FileCalls.lseek(file.number(), 0, FileCalls.SEEK_CUR));
        }
    }

    @Test
    void our_own_descriptors_stay_close_on_exec_and_where_they_were() {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(0)) {
            Launch.program("true").with(7, pipe.writer().number()).run();
            assertTrue(FdCalls.isCloseOnExec(pipe.writer().number()));
        }
    }

    @RepeatedTest(20)
    void children_started_at_once_get_nothing_of_each_other() throws Exception {
        List<Thread> threads = new ArrayList<>();
        List<String> outputs = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 4; i++) {
            Thread thread = new Thread(() -> outputs.add(Launch.shell(LIST).with(0, 0).with(2, 2).run().output()));
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join(Launch.LIMIT.toMillis());
        }
        assertEquals(Collections.nCopies(4, "0\n1\n2\n"), outputs);
    }

    @Test
    void without_closing_others_the_child_gets_what_we_inherited_and_nothing_of_the_JVM() {
        try (OwnedFd inherited = FdCalls.memfdCreate("inherited", 0)) {
            String table = ChildJvm.launch("pass-on").with(77, inherited.number()).run().output();
            assertTrue(table.contains("77 -> /memfd:inherited"), table);
            assertFalse(table.contains("modules") || table.contains(".jar") || table.contains("random"), table);
        }
    }

    @Test
    void child_starts_with_an_empty_signal_mask_and_default_actions() {
        StatusFile status = StatusFile.parse(Launch.program("cat", "/proc/self/status").run().output());
        assertEquals(Set.of(), status.blockedSignals());
        assertEquals(Set.of(), status.ignoredSignals());
        assertEquals(Set.of(), status.caughtSignals());
    }

    @Test
    void a_mask_of_the_calling_thread_is_not_handed_down() {
        SignalMask mask = SignalMask.blocking(Signals.SIGTERM);
        StatusFile status = StatusFile.parse(Launch.program("cat", "/proc/self/status").run().output());
        mask.close();
        assertEquals(Set.of(), status.blockedSignals());
    }

    @Test
    void of_the_signals_we_ignore_only_those_named_stay_ignored() {
        StatusFile status = StatusFile.parse(ChildJvm.launch("ignored").run().output());
        assertEquals(Set.of(Signals.SIGUSR2), status.ignoredSignals());
    }

    @Test
    void child_can_stay_in_our_session_or_lead_a_session_or_a_group() {
        ProcessStat same = stat(PosixSpawn.Session.SAME);
        assertEquals(ProcessCalls.getsid(0), same.session());
        assertEquals(ProcessCalls.getpgid(0), same.processGroup());
        ProcessStat group = stat(PosixSpawn.Session.NEW_GROUP);
        assertEquals(ProcessCalls.getsid(0), group.session());
        assertEquals(group.pid(), group.processGroup());
        ProcessStat session = stat(PosixSpawn.Session.NEW_SESSION);
        assertEquals(session.pid(), session.session());
        assertEquals(session.pid(), session.processGroup());
    }

    @Test
    void a_terminal_becomes_the_controlling_one_of_a_new_session() {
        try (TerminalCalls.PseudoTerminal terminal = TerminalCalls.openPseudoTerminal();
             OwnedFd slave = FileCalls.open(terminal.slavePath(), OpenFlags.O_RDWR | OpenFlags.O_NOCTTY)) {
            Launch launch = Launch.program("cat", "/proc/self/stat").with(0, slave.number());
            launch.session = PosixSpawn.Session.NEW_SESSION;
            launch.terminal = OptionalInt.of(0);
            ProcessStat stat = ProcessStat.parse(launch.run().output());
            assertNotEquals(0, stat.terminalDevice());
            assertEquals(stat.pid(), stat.terminalGroup());
        }
    }

    @Test
    void a_new_group_takes_the_foreground_and_we_can_take_it_back() {
        try (TerminalCalls.PseudoTerminal terminal = TerminalCalls.openPseudoTerminal();
             OwnedFd slave = FileCalls.open(terminal.slavePath(), OpenFlags.O_RDWR | OpenFlags.O_NOCTTY)) {
            Launch launch = ChildJvm.launch("foreground").with(0, slave.number());
            launch.session = PosixSpawn.Session.NEW_SESSION;
            launch.terminal = OptionalInt.of(0);
            String[] lines = launch.run().output().split("\n");
            assertEquals("before true", lines[0]);
            ProcessStat child = ProcessStat.parse(lines[1]);
            assertEquals(child.pid(), child.processGroup());
            assertEquals(child.pid(), child.terminalGroup());
            assertEquals(List.of("meanwhile false", "after true", "session true"), List.of(lines).subList(2, 5));
        }
    }

    @Test
    void child_starts_in_the_directory_and_with_the_environment_it_was_given() {
        Launch launch = Launch.program("/bin/sh", "-c", "pwd; env");
        launch.directory = Optional.of(directory.toString());
        launch.environment = List.of("ONE=1", "PWD=" + directory);
        assertEquals(Set.of(directory.toString(), "ONE=1", "PWD=" + directory),
            Set.of(launch.run().output().replaceFirst("\n_=.*|\nOLDPWD=.*", "").split("\n")));
    }

    @Test
    void arguments_arrive_byte_for_byte() {
        byte[] odd = {'a', (byte) 0xff, '\n', (byte) 0xc3, (byte) 0xa9, (byte) 0xc3, ' '};
        assertEquals(KernelString.decode(odd), Launch.program("printf", "%s", KernelString.decode(odd)).run().output());
    }

    @Test
    void soft_limit_of_descriptors_is_the_childs_and_ours_stays() {
        ProcessCalls.Limit before = ProcessCalls.noFileLimit();
        Launch launch = Launch.shell("ulimit -Sn; ulimit -Hn");
        launch.noFile = OptionalLong.of(123);
        assertEquals("123\n" + before.hard() + "\n", launch.run().output());
        assertEquals(before, ProcessCalls.noFileLimit());
    }

    @Test
    void a_number_that_the_soft_limit_does_not_allow_is_refused() {
        Launch launch = Launch.program("true").with(200, 0);
        launch.noFile = OptionalLong.of(100);
        assertEquals("dup2(0, 200): EBADF (Bad file descriptor)", assertThrows(LinuxException.class, launch::run).getMessage());
    }

    @Test
    void program_is_searched_in_the_path_of_the_child() {
        String program = directory.resolve("only-here").toString();
        FileCalls.writeFile(program, "#!/bin/sh\necho found $0\n".getBytes(), 0700);
        Launch launch = Launch.program("only-here");
        launch.environment = List.of("PATH=/nowhere:" + directory + ":/bin");
        assertEquals("found " + program + "\n", launch.run().output());
    }

    @Test
    void a_relative_element_of_the_path_starts_at_the_childs_directory() {
        FileCalls.mkdir(directory + "/bin", 0700);
        FileCalls.writeFile(directory + "/bin/only-here", "#!/bin/sh\necho found\n".getBytes(), 0700);
        Launch launch = Launch.program("only-here");
        launch.environment = List.of("PATH=bin");
        launch.directory = Optional.of(directory.toString());
        assertEquals("found\n", launch.run().output());
    }

    @Test
    void a_program_that_is_not_there_is_ENOENT_and_nothing_runs() {
        assertEquals("posix_spawn(\"/no/such\"): ENOENT (No such file or directory)", failure(Launch.program("/no/such")).getMessage());
        Launch launch = Launch.program("no-such");
        launch.environment = List.of("PATH=/bin:/sbin");
        assertEquals("posix_spawn(\"no-such\", PATH=/bin:/sbin): ENOENT (No such file or directory)", failure(launch).getMessage());
    }

    @Test
    void a_program_that_may_not_be_executed_is_EACCES() {
        FileCalls.writeFile(directory + "/text", "text".getBytes(), 0600);
        assertTrue(failure(Launch.program(directory + "/text")).is(Errno.EACCES));
        Launch launch = Launch.program("text");
        launch.environment = List.of("PATH=" + directory);
        assertTrue(failure(launch).is(Errno.EACCES));
    }

    @Test
    void a_script_whose_interpreter_is_not_there_is_told_from_one_that_is_not_there() {
        FileCalls.writeFile(directory + "/script", "#!/no/such\n".getBytes(), 0700);
        assertEquals("posix_spawn(\"" + directory + "/script\", the interpreter it names): ENOENT (No such file or directory)",
            failure(Launch.program(directory + "/script")).getMessage());
    }

    @Test
    void a_file_of_unknown_format_is_ENOEXEC() {
        FileCalls.writeFile(directory + "/text", "text".getBytes(), 0700);
        assertTrue(failure(Launch.program(directory + "/text")).is(Errno.ENOEXEC));
    }

    @Test
    void a_directory_that_is_not_there_is_named_in_the_failure() {
        Launch launch = Launch.program("/bin/true");
        launch.directory = Optional.of("/no/such");
        assertEquals("chdir(\"/no/such\"): ENOENT (No such file or directory)", failure(launch).getMessage());
    }

    @Test
    void a_descriptor_that_is_not_open_is_EBADF() {
        assertTrue(failure(Launch.program("true").with(5, 987)).is(Errno.EBADF));
    }

    @Test
    void requests_that_make_no_sense_are_refused() {
        assertThrows(IllegalArgumentException.class, () -> Launch.program("true", "a\0b").run());
        assertThrows(IllegalArgumentException.class, () -> Launch.program("true").with(-1, 0).run());
        Launch signal = Launch.program("true");
        signal.ignored = Set.of(65);
        assertThrows(IllegalArgumentException.class, signal::run);
        Launch terminal = Launch.program("true");
        terminal.terminal = OptionalInt.of(0);
        assertThrows(IllegalArgumentException.class, terminal::run);
    }

    private static LinuxException failure(Launch launch) {
        return assertThrows(LinuxException.class, launch::run);
    }

    private static ProcessStat stat(PosixSpawn.Session session) {
        Launch launch = Launch.program("cat", "/proc/self/stat");
        launch.session = session;
        return ProcessStat.parse(launch.run().output());
    }

    private static String read(OwnedFd pipe) {
        byte[] bytes = new byte[100];
        return new String(bytes, 0, FileCalls.read(pipe.number(), bytes, 0, bytes.length));
    }
}
