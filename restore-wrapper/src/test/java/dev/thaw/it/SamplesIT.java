package dev.thaw.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/** Each sample works, and plain criu can dump and restore it when its world has not changed. */
@IntegrationTest
@RequiresCriu
class SamplesIT {

    @Test
    void counter_goes_on_counting(Scratch scratch) {
        String log = scratch.file("out", "");
        try (OwnedFd out = FileCalls.open(log, OpenFlags.O_WRONLY | OpenFlags.O_APPEND);
                Program counter = Program.with().descriptor(1, out.number()).nullStreams()
                        .start(Checkout.sample("counter/counter.sh"), "0.05")) {
            awaitLines(scratch, "out", 3);
            // Dumped in the moment between two children it has one less; criu copes with both.
            RawCriu.dump(scratch, counter.pid(), scratch.path("images")).run();
            int lines = (int) scratch.read("out").lines().count();
            RawCriu.restore(scratch, scratch.path("images")).run();
            awaitLines(scratch, "out", lines + 3);
            assertCounts(scratch.read("out"), "");
        }
    }

    @Test
    void logger_goes_on_in_its_log(Scratch scratch) {
        try (FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Program logger = Program.with().descriptor(1, out.writer().number()).nullStreams()
                        .start(Checkout.python(), Checkout.sample("logger/logger.py"), scratch.path("log"), "0.05")) {
            Bytes.readUntil(out.reader().number(), "3\n");
            String key = logger.fd(1).key();
            assertTrue(logger.fd(3).appends());
            RawCriu.dump(scratch, logger.pid(), scratch.path("images")).run();
            Bytes.available(out.reader().number());
            int lines = (int) scratch.read("log").lines().count();
            RawCriu.restore(scratch, scratch.path("images")).inherit(out.writer().number(), key).run();
            // The last line of the log may have been written, and its number not yet.
            String number = Bytes.readUntil(out.reader().number(), "\n").strip();
            assertTrue(Set.of("" + lines, "" + (lines + 1)).contains(number), number + " after " + lines);
            awaitLines(scratch, "log", lines + 2);
            assertCounts(scratch.read("log"), "\\d\\d:\\d\\d:\\d\\d line ");
        }
    }

    @Test
    void filter_numbers_on(Scratch scratch) {
        String images = scratch.path("images");
        try (FdCalls.Pipe in = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Program filter = Program.with().descriptor(0, in.reader().number()).descriptor(1, out.writer().number()).nullStreams()
                        .start(Checkout.python(), Checkout.sample("filter/filter.py"))) {
            Bytes.write(in.writer().number(), "one\n");
            assertEquals("1 ONE\n", Bytes.readUntil(out.reader().number(), "\n"));
            String inKey = filter.fd(0).key();
            String outKey = filter.fd(1).key();
            RawCriu.dump(scratch, filter.pid(), images).run();
            RawCriu.restore(scratch, images).inherit(in.reader().number(), inKey).inherit(out.writer().number(), outKey).run();
            Bytes.write(in.writer().number(), "two\n");
            in.writer().close();
            out.writer().close();
            assertEquals("2 TWO\n2 lines in all\n", Bytes.readToEnd(out.reader().number()));
            assertEquals(0, filter.awaitEnd().exitCode());
        }
    }

    @Test
    void daemon_has_its_pid_again(Scratch scratch) {
        try (Program start = Program.with().nullStreams()
                .start(Checkout.python(), Checkout.sample("daemon/daemon.py"), scratch.path("pid"), scratch.path("state"), "0.05")) {
            assertEquals(0, start.awaitEnd().exitCode());
            int pid = Integer.parseInt(awaitFile(scratch, "pid").strip());
            awaitFile(scratch, "state");
            RawCriu.dump(scratch, pid, scratch.path("images")).option("--shell-job").run();
            int beats = Integer.parseInt(scratch.read("state").strip());
            assertEquals(pid, RawCriu.restore(scratch, scratch.path("images")).option("--shell-job").run().pid());
            Await.until("heartbeats", () -> Integer.parseInt(scratch.read("state").strip()) > beats + 2);
            ProcessCalls.kill(pid, Signals.SIGTERM);
            assertEquals(0, Children.awaitEnd(pid, Await.LIMIT).exitCode());
            assertTrue(FileCalls.statIfExists(scratch.path("pid")).isEmpty());
        }
    }

    @Test
    void prompt_asks_on_another_terminal(Scratch scratch) {
        String images = scratch.path("images");
        try (TestPty terminal = new TestPty();
                TestPty other = new TestPty();
                Program prompt = Program.with().descriptor(0, terminal.slave()).descriptor(1, terminal.slave()).controllingTerminal(0)
                        .nullStreams().start(Checkout.python(), Checkout.sample("tty-prompt/prompt.py"))) {
            terminal.readUntil("name? ");
            terminal.type("Ann\n");
            terminal.readUntil("hello Ann; so far: Ann (80x24)");
            terminal.readUntil("name? ");
            FdEntry stdin = prompt.fd(0);
            RawCriu.dump(scratch, prompt.pid(), images).option("--external", stdin.external(prompt.pid())).run();
            RawCriu.restore(scratch, images).inherit(other.slave(), stdin.key()).run();
            other.type("Bob\n");
            other.readUntil("hello Bob; so far: Ann, Bob");
            other.type("\004");
            other.readUntil("2 greeted");
            assertEquals(0, prompt.awaitEnd().exitCode());
        }
    }

    @Test
    void server_listens_on_its_path_again(Scratch scratch) throws IOException {
        String path = scratch.path("socket");
        try (OwnedFd out = FileCalls.open(scratch.file("out", ""), OpenFlags.O_WRONLY | OpenFlags.O_APPEND);
                Program server = Program.with().descriptor(1, out.number()).nullStreams()
                        .start(Checkout.python(), Checkout.sample("unix-server/server.py"), path)) {
            awaitLines(scratch, "out", 1);
            assertEquals("you are number 1\n", ask(path));
            RawCriu.dump(scratch, server.pid(), scratch.path("images")).run();
            RawCriu.restore(scratch, scratch.path("images")).run();
            assertEquals("you are number 2\n", ask(path));
        }
    }

    @Test
    void writers_share_their_offset_again(Scratch scratch) {
        try (Program parent = Program.with().nullStreams()
                .start(Checkout.python(), Checkout.sample("shared-offset/shared.py"), scratch.path("shared"), "0.05")) {
            Await.until("lines", () -> awaitFile(scratch, "shared").lines().count() > 3);
            RawCriu.dump(scratch, parent.pid(), scratch.path("images")).run();
            long lines = scratch.read("shared").lines().count();
            RawCriu.restore(scratch, scratch.path("images")).run();
            awaitLines(scratch, "shared", (int) lines + 4);
            List<String> all = scratch.read("shared").lines().toList();
            for (String writer : List.of("parent ", "child ")) {
                assertCounts(String.join("\n", all.stream().filter(line -> line.startsWith(writer)).toList()), writer);
            }
            assertTrue(all.stream().allMatch(line -> line.matches("(parent|child) \\d+")), all.toString());
        }
    }

    @Test
    void cache_has_its_entries_again(Scratch scratch) {
        String images = scratch.path("images");
        try (FdCalls.Pipe in = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Program cache = Program.with().descriptor(0, in.reader().number()).descriptor(1, out.writer().number()).nullStreams()
                        .start(Checkout.python(), Checkout.sample("memfd-cache/cache.py"))) {
            Bytes.write(in.writer().number(), "set colour green\n");
            assertEquals("ok\n", Bytes.readUntil(out.reader().number(), "\n"));
            assertEquals("/memfd:thaw-cache", cache.fd(3).key());
            String inKey = cache.fd(0).key();
            String outKey = cache.fd(1).key();
            RawCriu.dump(scratch, cache.pid(), images).run();
            RawCriu.restore(scratch, images).inherit(in.reader().number(), inKey).inherit(out.writer().number(), outKey).run();
            Bytes.write(in.writer().number(), "get colour\n");
            assertEquals("green\n", Bytes.readUntil(out.reader().number(), "\n"));
        }
    }

    @Test
    void holder_reads_the_files_of_its_cgroup(Scratch scratch) {
        String log = scratch.file("out", "");
        try (TestCgroup cgroup = TestCgroup.v2();
                OwnedFd out = FileCalls.open(log, OpenFlags.O_WRONLY | OpenFlags.O_APPEND);
                Program holder = Program.with().descriptor(1, out.number()).nullStreams().start("/bin/sh", "-c",
                        "echo $$ >" + cgroup.file("cgroup.procs") + "; exec \"$@\"", "sh",
                        Checkout.python(), Checkout.sample("cgroup-holder/holder.py"), "0.05")) {
            awaitLines(scratch, "out", 2);
            assertTrue(scratch.read("out").contains(cgroup.path()), scratch.read("out"));
            assertTrue(holds(holder, cgroup.file("cpu.stat")), holder.fdTable().toString());
            RawCriu.dump(scratch, holder.pid(), scratch.path("images")).run();
            int lines = (int) scratch.read("out").lines().count();
            RawCriu.restore(scratch, scratch.path("images")).run();
            awaitLines(scratch, "out", lines + 2);
            assertTrue(holds(holder, cgroup.file("cpu.stat")), holder.fdTable().toString());
        }
    }

    @Test
    void web_server_goes_on_counting_requests(Scratch scratch) throws IOException {
        String classes = scratch.directory("classes");
        assertEquals(0, ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-d", classes, Checkout.sample("http-server/HttpServer.java")));
        String log = scratch.file("out", "");
        try (OwnedFd out = FileCalls.open(log, OpenFlags.O_WRONLY | OpenFlags.O_APPEND);
                Program server = Program.with().descriptor(1, out.number()).nullStreams()
                        .start(JavaCommand.java(), "-XX:-UsePerfData", "-XX:+UseSerialGC", "-Xmx64m", "-cp", classes, "HttpServer", "0")) {
            Matcher address = Pattern.compile("http://\\S+").matcher("");
            Await.until("the address of the server", () -> address.reset(scratch.read("out")).find());
            assertEquals("request 1\n", get(address.group()));
            RawCriu.dump(scratch, server.pid(), scratch.path("images")).option("--tcp-close").run();
            RawCriu.restore(scratch, scratch.path("images")).option("--tcp-close").run();
            assertEquals("request 2\n", get(address.group()));
        }
    }

    private static boolean holds(Program program, String path) {
        return program.fdTable().stream().anyMatch(entry -> entry.link().equals(path));
    }

    private static void awaitLines(Scratch scratch, String file, int count) {
        Await.value(() -> count + " lines in " + file + ", only: " + scratch.read(file), Await.LIMIT,
                () -> Optional.of(scratch.read(file)).filter(text -> text.lines().count() >= count));
    }

    private static String awaitFile(Scratch scratch, String name) {
        Await.until("a file " + name, () -> FileCalls.statIfExists(scratch.path(name)).filter(status -> status.size() > 0).isPresent());
        return scratch.read(name);
    }

    /** Each line is the prefix, a pattern, and a number one more than the one before. */
    private static void assertCounts(String text, String prefix) {
        List<String> lines = text.lines().toList();
        for (int line = 0; line < lines.size(); line++) {
            assertTrue(lines.get(line).matches(prefix + (line + 1)), "line " + (line + 1) + " of:\n" + text);
        }
    }

    private static String ask(String path) throws IOException {
        try (SocketChannel connection = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            connection.connect(UnixDomainSocketAddress.of(path));
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            ByteBuffer buffer = ByteBuffer.allocate(100);
            while (connection.read(buffer) >= 0) {
                answer.write(buffer.array(), 0, buffer.position());
                buffer.clear();
            }
            return answer.toString(StandardCharsets.UTF_8);
        }
    }

    private static String get(String address) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) URI.create(address).toURL().openConnection();
        connection.setConnectTimeout(5000);
        connection.setReadTimeout(5000);
        try (var body = connection.getInputStream()) {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
