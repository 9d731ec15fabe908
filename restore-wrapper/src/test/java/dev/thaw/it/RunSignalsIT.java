package dev.thaw.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.StatusFile;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Signals to thaw reach the command, each once; those of a terminal too. */
@IntegrationTest
class RunSignalsIT {
    private static final List<Integer> FORWARDED = List.of(Signals.SIGHUP, Signals.SIGINT, Signals.SIGUSR1, Signals.SIGUSR2, Signals.SIGALRM,
            Signals.SIGTERM, Signals.SIGSTKFLT, Signals.SIGCONT, Signals.SIGTSTP, Signals.SIGURG, Signals.SIGVTALRM, Signals.SIGPROF,
            Signals.SIGWINCH, Signals.SIGIO, Signals.SIGPWR);

    /** Says each signal it gets, and "up" when it is there; ends itself after a while. */
    private static final String LISTENER = """
            import os, signal, sys, time
            def say(number, frame):
                os.write(1, ('got %d\\n' % number).encode())
            for number in set(range(1, 32)) - {signal.SIGKILL, signal.SIGSTOP}:
                signal.signal(number, say)
            if len(sys.argv) > 1:
                os.fork()
            os.write(1, b'up\\n')
            end = time.time() + 50
            while time.time() < end:
                time.sleep(0.1)
            """;

    @ParameterizedTest
    @ValueSource(strings = {"new", "same"})
    void each_signal_arrives_once(String session, Scratch scratch) {
        try (ThawProcess thaw = thaw(scratch).start("run", "--session", session, "--", Checkout.python(), "-c", LISTENER)) {
            thaw.awaitOut("up\n");
            for (int signal : FORWARDED) {
                thaw.signal(signal);
                thaw.awaitOut("got " + signal + "\n");
            }
            // A second one that was late would come before the answer to this.
            thaw.signal(Signals.SIGTERM);
            Await.until("the last one", () -> counts(thaw.out()).get(Signals.SIGTERM) == 2);
            Map<Integer, Long> expected = new TreeMap<>();
            FORWARDED.forEach(signal -> expected.put(signal, 1L));
            expected.put(Signals.SIGTERM, 2L);
            assertEquals(expected, counts(thaw.out()));
        }
    }

    @Test
    void the_end_of_the_command_is_heard_of_after_a_ready_command_too(Scratch scratch) {
        try (ThawProcess thaw = thaw(scratch).start("run", "--ready-command", "true", "--status-fd", "2", "--", "sleep", "1000")) {
            thaw.awaitErr("\"event\":\"ready\"");
            assertTrue(StatusFile.read(thaw.pid()).caughtSignals().contains(Signals.SIGCHLD), "the JDK has taken our handler away");
            thaw.signal(Signals.SIGTERM);
            thaw.awaitEnd().expect(143);
        }
    }

    @Test
    void many_signals_arrive_and_in_their_order(Scratch scratch) {
        try (ThawProcess thaw = thaw(scratch).start("run", "--", Checkout.python(), "-c", LISTENER)) {
            thaw.awaitOut("up\n");
            for (int i = 1; i <= 100; i++) {
                int signal = i % 2 == 0 ? Signals.SIGUSR1 : Signals.SIGUSR2;
                int wanted = (i + 1) / 2;
                thaw.signal(signal);
                Await.until("signal " + i, () -> counts(thaw.out()).getOrDefault(signal, 0L) == wanted);
            }
            assertEquals(Map.of(Signals.SIGUSR1, 50L, Signals.SIGUSR2, 50L), counts(thaw.out()));
        }
    }

    @Test
    void a_signal_that_ends_the_command_is_thaws_exit_code(Scratch scratch) {
        try (ThawProcess thaw = thaw(scratch).start("run", "--", "sh", "-c", "echo up; exec sleep 50")) {
            thaw.awaitOut("up\n");
            thaw.signal(Signals.SIGTERM);
            thaw.awaitEnd().expect(143);
        }
    }

    @Test
    void a_signal_that_the_caller_ignores_stays_ignored(Scratch scratch) {
        String script = "trap '' INT; exec " + Checkout.root().resolve("thaw") + " run -- " + Checkout.python() + " -c \"$LISTENER\"";
        try (OwnedFd out = scratch.open("out", OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND);
                Program program = Program.with().environment("THAW_NO_BUILD", "1").environment("LISTENER", LISTENER)
                        .environment("THAW_RUNTIME_DIR", scratch.path("runtime")).descriptor(1, out.number()).nullStreams()
                        .start("bash", "-c", script)) {
            Await.until("the command", () -> scratch.read("out").contains("up\n"));
            ProcessCalls.kill(program.pid(), Signals.SIGINT);
            ProcessCalls.kill(program.pid(), Signals.SIGUSR1);
            Await.until("SIGUSR1", () -> scratch.read("out").contains("got " + Signals.SIGUSR1));
            assertEquals(Map.of(Signals.SIGUSR1, 1L), counts(scratch.read("out")));
        }
    }

    @Test
    void sigquit_puts_nothing_into_the_commands_output(Scratch scratch) {
        try (ThawProcess thaw = thaw(scratch).start("run", "--", Checkout.python(), "-c", LISTENER)) {
            thaw.awaitOut("up\n");
            thaw.signal(Signals.SIGQUIT);
            thaw.signal(Signals.SIGUSR1);
            thaw.awaitOut("got " + Signals.SIGUSR1);
            assertEquals("up\ngot " + Signals.SIGUSR1 + "\n", thaw.out());
            assertEquals("", thaw.err());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"new", "same"})
    void control_c_reaches_all_of_the_job_once(String session, Scratch scratch) {
        try (TestPty pty = new TestPty(); ThawProcess thaw = thaw(scratch).terminal(pty)
                .start("run", "--session", session, "--", Checkout.python(), "-c", LISTENER, "fork")) {
            pty.readUntil("up\r\n");
            pty.readUntil("up\r\n");
            pty.type("\u0003");
            pty.readUntil("got 2\r\n");
            pty.readUntil("got 2\r\n");
            pty.setWindowSize(40, 100);
            pty.readUntil("got 28\r\n");
            pty.readUntil("got 28\r\n");
            thaw.signal(Signals.SIGUSR1);
            // Neither a second SIGINT nor a second SIGWINCH came before it.
            assertEquals("got 10\r\n", pty.readUntil("\n"));
            assertTrue(thaw.isRunning());
        }
    }

    @Test
    void the_hang_up_of_a_terminal_reaches_the_command(Scratch scratch) {
        TestPty pty = new TestPty();
        try (ThawProcess thaw = thaw(scratch).terminal(pty).start("run", "--stdout", "append:" + scratch.path("out"), "--",
                Checkout.python(), "-c", LISTENER)) {
            Await.until("the command", () -> FileCalls.statIfExists(scratch.path("out")).isPresent() && scratch.read("out").contains("up\n"));
            pty.close();
            Await.until("SIGHUP", () -> scratch.read("out").contains("got 1\n"));
            thaw.signal(Signals.SIGUSR1);
            Await.until("SIGUSR1", () -> scratch.read("out").contains("got 10\n"));
            assertEquals(1L, counts(scratch.read("out")).get(Signals.SIGHUP));
        } finally {
            pty.close();
        }
    }

    private static Map<Integer, Long> counts(String output) {
        return output.lines().filter(line -> line.startsWith("got ")).map(line -> Integer.valueOf(line.substring(4).strip()))
                .collect(Collectors.groupingBy(signal -> signal, TreeMap::new, Collectors.counting()));
    }

    private static ThawProcess.Builder thaw(Scratch scratch) {
        return ThawProcess.in(scratch).environment("THAW_RUNTIME_DIR", scratch.path("runtime"));
    }
}
