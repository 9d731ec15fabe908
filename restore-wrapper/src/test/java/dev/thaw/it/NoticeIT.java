package dev.thaw.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.checkpoint.DumpOptions.Tcp;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/** The programs of samples/notice: on notice of a restore they connect again, choose other random numbers, and read their settings again. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
class NoticeIT {
    private static final int LIMIT_MILLIS = 30_000;

    @Test
    void python_is_told_by_a_line_in_a_pipe(Scratch scratch) throws IOException {
        beginsAnew(scratch, "python", "[\\d.]+", List.of("--notify-fd", "10"), Checkout.python(), Checkout.sample("notice/notice.py"));
    }

    @Test
    @RequiresTool("bash")
    void shell_is_told_by_a_line_in_a_fifo(Scratch scratch) throws IOException {
        beginsAnew(scratch, "shell", "[\\d.]+", List.of("--notify-fd", "10"), "bash", Checkout.sample("notice/notice.sh"));
    }

    @Test
    @RequiresTool("gcc")
    void c_is_told_by_a_signal(Scratch scratch) throws IOException {
        String program = scratch.path("program");
        try (Program gcc = Program.with().nullStreams().environment("PATH", System.getenv("PATH"))
                .start("gcc", "-Wall", "-Wextra", "-Werror", "-o", program, Checkout.sample("notice/notice.c"))) {
            assertEquals(0, gcc.awaitEnd().exitCode());
        }
        beginsAnew(scratch, "c", "-", List.of("--notify-signal", "USR1"), program);
    }

    @Test
    void java_is_told_by_a_signal(Scratch scratch) throws IOException {
        String classes = scratch.directory("classes");
        ByteArrayOutputStream said = new ByteArrayOutputStream(); // that sun.misc.Signal may go one day
        assertEquals(0, ToolProvider.getSystemJavaCompiler().run(null, null, said, "-d", classes, Checkout.sample("notice/Notice.java")), said::toString);
        beginsAnew(scratch, "java", "-", List.of("--notify-signal", "HUP"), JavaCommand.java(), "-XX:-UsePerfData", "-XX:+UseSerialGC", "-Xmx64m",
                "-cp", classes, "Notice");
    }

    /** @param away what it says of the time that passed, a pattern */
    private static void beginsAnew(Scratch scratch, String name, String away, List<String> notice, String... command) throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            server.setSoTimeout(LIMIT_MILLIS);
            List<String> argv = new ArrayList<>(List.of(command));
            argv.addAll(List.of("" + server.getLocalPort(), scratch.file("settings", "cold\n")));
            try (Program program = Program.with().nullStreams().environment("PATH", System.getenv("PATH")).start(argv)) {
                assertTrue(hello(server, () -> "").matches(name + " cold \\d+ -"));
                Set<String> numbers = new HashSet<>();
                scratch.file("settings", "on\n");
                numbers.add(afterCheckpoint(scratch, server, program, name + " on (\\d+) " + away, notice));
                Dumps.of(scratch, program).tcp(Tcp.CLOSE).run();
                program.awaitGone();

                List<String> line = new ArrayList<>(List.of("restore"));
                line.addAll(notice);
                line.add(scratch.path("image"));
                for (String place : List.of("here", "there")) {
                    scratch.file("settings", place + "\n");
                    try (ThawProcess thaw = ThawProcess.in(scratch).start(line.toArray(String[]::new))) {
                        String said = hello(server, thaw::err);
                        assertTrue(said.matches(name + " " + place + " \\d+ " + away), said);
                        numbers.add(said.split(" ")[2]);
                        ProcessCalls.kill(program.pid(), Signals.SIGKILL);
                        thaw.awaitEnd().expect(128 + Signals.SIGKILL);
                    }
                    program.awaitGone();
                }
                assertEquals(3, numbers.size(), "two that choose alike, of one that ran on and two restores of one image");
            }
        }
    }

    /** @return the number that it has chosen, running on */
    private static String afterCheckpoint(Scratch scratch, ServerSocket server, Program program, String expected, List<String> notice) throws IOException {
        List<String> line = new ArrayList<>(List.of("checkpoint", "--leave-running", "--tcp", "close"));
        line.addAll(notice);
        line.addAll(List.of("" + program.pid(), scratch.path("image")));
        ThawProcess.run(scratch, line.toArray(String[]::new)).expect(0);
        String said = hello(server, () -> "");
        assertTrue(said.matches(expected), said);
        return said.split(" ")[2];
    }

    private static String hello(ServerSocket server, Supplier<String> otherwise) throws IOException {
        try (Socket client = server.accept()) {
            client.setSoTimeout(LIMIT_MILLIS);
            return new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8)).readLine();
        } catch (SocketTimeoutException e) {
            throw new AssertionError("nobody connected, or said anything: " + otherwise.get(), e);
        }
    }
}
