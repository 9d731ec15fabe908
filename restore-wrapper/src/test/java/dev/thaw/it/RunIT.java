package dev.thaw.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.WaitStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a command started by {@code thaw run} finds: descriptors, signals, limits, environment; and how its end is passed on. */
@IntegrationTest
class RunIT {
    /** Neither a pipeline nor exec: the shell would have further descriptors, or ls would. */
    private static final String LIST = "ls /proc/$$/fd; :";

    @ParameterizedTest
    @CsvSource({"exit 0, 0", "exit 1, 1", "exit 42, 42", "exit 255, 255", "kill -9 $$, 137", "kill -TERM $$, 143", "kill -HUP $$, 129"})
    void the_commands_end_is_thaws_own(String script, int code, Scratch scratch) {
        ThawProcess.Result result = thaw(scratch).run("run", "--", "sh", "-c", script).expect(code);
        assertEquals("", result.err());
    }

    @Test
    void a_command_that_is_not_there_is_127(Scratch scratch) {
        thaw(scratch).run("run", "no-such-command").expect(127).expectErr("thaw: run: command not found: no-such-command\n");
        thaw(scratch).run("run", scratch.path("absent")).expect(127);
    }

    @Test
    void a_command_that_cannot_be_executed_is_126(Scratch scratch) {
        thaw(scratch).run("run", scratch.file("text", "")).expect(126).expectErr("cannot execute " + scratch.path("text"));
        thaw(scratch).run("run", scratch.path()).expect(126);
        thaw(scratch).run("run", "--exec", scratch.path()).expect(126);
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "run --no-such-option true", "run --open nonsense true", "run --stdout nonsense true", "run --env X true",
        "run --keep-fd 1 true", "run --timeout soon true", "run --detach --exec true", "run --name a/b true", "run --session none true",
        "run --stdin append:/x true", "run --detach --on-parent-death end true", "run --open 5=/a --open 5=/b true", "run --status-fd 77 true"})
    void a_wrong_option_starts_nothing_and_is_2(String line, Scratch scratch) {
        ThawProcess.Result result = thaw(scratch).run(line.split(" ")).expect(2);
        assertTrue(result.err().startsWith("thaw: run: "), result.err());
        assertFalse(result.err().contains("Exception"), result.err());
    }

    @Test
    void a_report_that_cannot_be_written_is_no_success(Scratch scratch) {
        try (OwnedFd full = FileCalls.open("/dev/full", OpenFlags.O_WRONLY); FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC)) {
            thaw(scratch).descriptor(1, full.number()).run("--help").expect(125).expectErr("thaw: not all that was to be printed was written\n");
            pipe.reader().close();
            assertEquals("", thaw(scratch).descriptor(1, pipe.writer().number()).run("--help").expect(0).err());
        }
    }

    @Test
    void in_a_directory_that_is_gone_it_says_so(Scratch scratch) {
        String gone = scratch.directory("gone");
        thaw(scratch).run("run", "--", "sh", "-c", "cd $0 && rmdir $0 && $1 --version", gone, Checkout.root().resolve("thaw").toString()).expect(125)
                .expectErr("thaw: there is no current directory\n  because: it was removed: " + gone + "\n  try: cd /\n");
    }

    @Test
    void options_end_at_the_command(Scratch scratch) {
        thaw(scratch).run("run", "echo", "--help", "-v", "@file", "--").expect(0).expectOut("--help -v @file --\n");
        thaw(scratch).run("run", "--", "--help").expect(127);
    }

    @Test
    void the_child_has_exactly_its_streams(Scratch scratch) {
        try (OwnedFd extra = FileCalls.open("/etc/passwd", OpenFlags.O_RDONLY)) {
            assertEquals("0\n1\n2\n", thaw(scratch).descriptor(5, extra.number()).descriptor(30, extra.number())
                    .run("run", "--", "sh", "-c", LIST).expect(0).out());
        }
    }

    @Test
    void the_child_has_what_was_named_and_nothing_else(Scratch scratch) {
        try (OwnedFd extra = FileCalls.open("/etc/passwd", OpenFlags.O_RDONLY)) {
            String table = thaw(scratch).descriptor(5, extra.number()).descriptor(6, extra.number())
                    .run("run", "--keep-fd", "6", "--open", "9=" + scratch.path("log") + ":append", "--", "sh", "-c",
                            LIST + "; grep flags /proc/$$/fdinfo/9; readlink /proc/$$/fd/6").expect(0).out();
            assertEquals("0\n1\n2\n6\n9\nflags:\t0102001\n/etc/passwd\n", table);
        }
    }

    @Test
    void a_descriptor_that_thaw_was_not_given_cannot_be_kept(Scratch scratch) {
        // Low numbers are those that the JVM opens its own files at.
        for (String number : List.of("3", "4", "5", "6", "7")) {
            thaw(scratch).run("run", "--keep-fd", number, "true").expect(123).expectErr("descriptor " + number + " is not open");
        }
    }

    @Test
    void closed_streams_are_dev_null_and_said(Scratch scratch) {
        ThawProcess.Result result = thaw(scratch).throughScript().closed(0).closed(1)
                .run("run", "--", "sh", "-c", "links=$(readlink /proc/$$/fd/0 /proc/$$/fd/1); echo \"$links\" >&2; echo \"[$THAW_CLOSED_STREAMS]\" >&2").expect(0);
        result.expectErr("thaw: run: descriptor 0 is closed in the caller; the command gets /dev/null there\n");
        result.expectErr("thaw: run: descriptor 1 is closed in the caller; the command gets /dev/null there\n");
        result.expectErr("/dev/null\n/dev/null\n[]\n");
    }

    @Test
    void closed_standard_error_is_dev_null(Scratch scratch) {
        thaw(scratch).throughScript().closed(2).run("run", "--", "sh", "-c", "readlink /proc/$$/fd/2").expect(0).expectOut("/dev/null\n");
    }

    /** With fewer than five the linker does not load bash, or bash has none for a redirection. */
    @ParameterizedTest
    @ValueSource(ints = {5, 6, 7, 12, 31})
    void too_few_descriptors_are_told_of_in_words_of_thaws_alone(int limit) throws IOException, InterruptedException {
        Process thaw = new ProcessBuilder("/bin/bash", "-c", "ulimit -n " + limit + "; exec \"$0\" --version", Checkout.root().resolve("thaw").toString())
                .redirectErrorStream(true).start();
        assertEquals("""
                thaw: too few descriptors are allowed
                  because: the limit of open files (RLIMIT_NOFILE) is below 32
                  try: ulimit -n 1024
                """, new String(thaw.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        assertEquals(125, thaw.waitFor());
    }

    @Test
    void a_file_given_as_output_is_appended_to(Scratch scratch) {
        try (OwnedFd file = scratch.open("log", OpenFlags.O_WRONLY | OpenFlags.O_CREAT)) {
            Bytes.write(file.number(), "before\n");
            thaw(scratch).descriptor(1, file.number()).descriptor(2, file.number())
                    .run("run", "--", "sh", "-c", "grep flags /proc/$$/fdinfo/1; ls -i " + scratch.path("log") + " | cut -d' ' -f1").expect(0);
            Bytes.write(file.number(), "after\n");
            // One description for all: what the caller writes afterwards comes behind, and not over it.
            assertEquals("before\nflags:\t0102001\n" + FileCalls.fstat(file.number()).inode() + "\nafter\n", scratch.read("log"));
        }
    }

    @Test
    void sources_are_opened_as_they_say(Scratch scratch) {
        scratch.file("in", "input\n");
        scratch.file("out", "old\n");
        thaw(scratch).run("run", "--stdin", "read:" + scratch.path("in"), "--stdout", "file:" + scratch.path("out"), "--stderr", "stdout",
                "--", "sh", "-c", "cat; echo error >&2; echo output").expect(0);
        assertEquals("input\nerror\noutput\n", scratch.read("out"));
        thaw(scratch).run("run", "--stdout", "append:" + scratch.path("out"), "echo", "more").expect(0);
        assertEquals("input\nerror\noutput\nmore\n", scratch.read("out"));
    }

    @Test
    void input_is_empty_unless_it_is_asked_for(Scratch scratch) {
        try (OwnedFd in = FileCalls.open(scratch.file("in", "input\n"), OpenFlags.O_RDONLY)) {
            assertEquals("", thaw(scratch).descriptor(0, in.number()).run("run", "cat").expect(0).out());
            assertEquals("input\n", thaw(scratch).descriptor(0, in.number()).run("run", "--stdin", "inherit", "cat").expect(0).out());
        }
    }

    @Test
    void a_source_that_is_not_there_is_123(Scratch scratch) {
        thaw(scratch).run("run", "--stdout", "append:/no/such/directory/x", "true").expect(123)
                .expectErr("thaw: run: --stdout append:/no/such/directory/x is not available\n  because: open(");
        thaw(scratch).run("run", "--stdout", "broker:x", "true").expect(123);
        thaw(scratch).run("run", "--open", "5=" + scratch.path("absent"), "true").expect(123);
    }

    @Test
    void the_limit_of_descriptors_is_the_callers(Scratch scratch) {
        assertEquals("321\n", thaw(scratch).noFileSoftLimit(321).run("run", "--", "sh", "-c", "ulimit -Sn").expect(0).out());
    }

    @Test
    void signals_have_their_default_actions_and_none_is_blocked(Scratch scratch) {
        String signals = thaw(scratch).run("run", "--", "grep", "-E", "SigBlk|SigIgn", "/proc/self/status").expect(0).out();
        assertEquals("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n", signals);
    }

    @Test
    void a_limit_below_which_no_jvm_starts_is_told_in_a_sentence(Scratch scratch) {
        for (String limit : List.of("-n 8", "-v 100000")) {
            try (OwnedFd out = scratch.open("out", OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_TRUNC);
                    Program program = Program.with().environment("THAW_NO_BUILD", "1").descriptor(1, out.number()).descriptor(2, out.number()).nullStreams()
                            .start("/bin/bash", "-c", "ulimit " + limit + "; exec '" + Checkout.root().resolve("thaw") + "' --version")) {
                assertEquals(new WaitStatus.Exited(125), program.awaitEnd());
            }
            String said = scratch.read("out");
            assertTrue(said.matches("thaw: .*\n  because: the limit of (open files|address space) .*\n  try: ulimit " + limit.substring(0, 2) + " .*\n"), said);
        }
    }

    @Test
    void java_is_found_by_a_path_or_by_a_name(Scratch scratch) {
        String java = JavaCommand.java();
        String path = java.substring(0, java.lastIndexOf('/')) + ":/usr/bin:/bin";
        for (String name : new String[] {java, "java"}) {
            ThawProcess.in(scratch).throughScript().environment("THAW_JAVA", name).environment("PATH", path).run("--version").expect(0);
        }
        for (String name : new String[] {scratch.path(), "no-java", "cd"}) {
            ThawProcess.in(scratch).throughScript().environment("THAW_JAVA", name).environment("PATH", path).run("--version").expect(125)
                    .expectErr("is no program");
        }
    }

    @Test
    void nohup_reaches_the_command(Scratch scratch) {
        List<String> nohup = List.of("nohup", Checkout.root().resolve("thaw").toString(), "run", "--", "sh", "-c",
                "grep SigIgn /proc/$$/status");
        try (OwnedFd out = scratch.open("out", OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_APPEND);
                Program program = Program.with().environment("THAW_NO_BUILD", "1").environment("THAW_RUNTIME_DIR", scratch.path("runtime"))
                        .descriptor(1, out.number()).nullStreams().start(nohup)) {
            assertEquals(new WaitStatus.Exited(0), program.awaitEnd());
        }
        assertEquals("SigIgn:\t0000000000000001\n", scratch.read("out"));
    }

    @Test
    void the_environment_is_the_callers_to_the_byte(Scratch scratch) {
        String odd = KernelString.decode(new byte[] {'x', (byte) 0xff, (byte) 0xc3, (byte) 0xa9});
        ThawProcess.Result result = thaw(scratch).environment("LANG", "C").environment("ODD", odd)
                .environment("JDK_JAVA_OPTIONS", "-Dmine=1").throughScript()
                .run("run", "--env", "LANG=C.UTF-8", "--env", "NEW=" + odd, "--", "env").expect(0);
        TreeMap<String, String> seen = new TreeMap<>();
        result.out().lines().forEach(line -> seen.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1)));
        assertEquals(odd, seen.get("ODD"));
        assertEquals(odd, seen.get("NEW"));
        assertEquals("C.UTF-8", seen.get("LANG"));
        assertEquals("-Dmine=1", seen.get("JDK_JAVA_OPTIONS"));
        seen.keySet().removeAll(List.of("ODD", "NEW", "LANG", "JDK_JAVA_OPTIONS", "PATH", "HOME", "THAW_NO_BUILD", "THAW_RUNTIME_DIR",
                "THAW_CRIU", "XDG_RUNTIME_DIR"));
        assertEquals(new TreeMap<>(), seen);
    }

    @Test
    void arguments_are_passed_on_to_the_byte(Scratch scratch) {
        String odd = KernelString.decode(new byte[] {(byte) 0xff, 'a', (byte) 0xe2, (byte) 0x82, (byte) 0xac});
        assertEquals(odd + "\n", thaw(scratch).environment("LANG", "C").run("run", "echo", odd).expect(0).out());
        thaw(scratch).environment("LANG", "C").run("run", "--stdout", "file:" + scratch.path(odd), "echo", "x").expect(0);
        assertEquals("x\n", scratch.read(odd));
    }

    @Test
    void working_directory_and_umask_are_the_callers_unless_told_otherwise(Scratch scratch) {
        assertEquals(scratch.path() + "\n", thaw(scratch).run("run", "--", "pwd", "-P").expect(0).out());
        assertEquals("/usr\n", thaw(scratch).run("run", "--chdir", "/usr", "--", "pwd", "-P").expect(0).out());
        int umask = FileCalls.umask(022);
        FileCalls.umask(umask);
        assertEquals("%04o\n".formatted(umask), thaw(scratch).run("run", "--", "sh", "-c", "umask").expect(0).out());
        thaw(scratch).run("run", "--chdir", scratch.path("absent"), "true").expect(125);
    }

    @Test
    void the_reader_sees_the_end_when_the_command_closes_its_output(Scratch scratch) {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(0); FdCalls.Pipe kept = FdCalls.pipe2(0)) {
            try (ThawProcess thaw = thaw(scratch).descriptor(1, pipe.writer().number()).descriptor(7, kept.writer().number())
                    .start("run", "--keep-fd", "7", "--", "sh", "-c", "echo x; exec >/dev/null 7>&-; sleep 30")) {
                pipe.writer().close();
                kept.writer().close();
                assertEquals("x\n", Bytes.readToEnd(pipe.reader().number()));
                assertEquals("", Bytes.readToEnd(kept.reader().number()));
                assertTrue(thaw.isRunning());
            }
        }
    }

    @Test
    void the_command_leads_a_session_of_its_own_or_stays_in_ours(Scratch scratch) {
        String script = "read -r p c s pp g sid rest </proc/$$/stat; echo $sid $g $$";
        String[] own = thaw(scratch).run("run", "--", "sh", "-c", script).expect(0).out().strip().split(" ");
        assertEquals(List.of(own[2], own[2], own[2]), List.of(own));
        try (ThawProcess thaw = thaw(scratch).start("run", "--session", "same", "--", "sh", "-c", script)) {
            String thaws = "" + thaw.pid();
            assertEquals(List.of(thaws, thaws), Arrays.asList(thaw.awaitEnd().expect(0).out().split(" ")).subList(0, 2));
        }
    }

    @Test
    void exec_becomes_the_command(Scratch scratch) {
        try (OwnedFd extra = FileCalls.open("/etc/passwd", OpenFlags.O_RDONLY);
                ThawProcess thaw = thaw(scratch).descriptor(7, extra.number()).noFileSoftLimit(321).start("run", "--exec", "--keep-fd", "7",
                        "--open", "4=" + scratch.path("log") + ":append", "--pid-file", scratch.path("pid"), "--", "sh", "-c",
                        LIST + "; echo $$; ulimit -Sn; echo \"$(grep -E 'SigBlk|SigIgn' /proc/$$/status)\"; exit 9")) {
            ThawProcess.Result result = thaw.awaitEnd().expect(9);
            assertEquals("0\n1\n2\n4\n7\n" + thaw.pid() + "\n321\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n", result.out());
            assertEquals(thaw.pid() + "\n", scratch.read("pid"));
        }
    }

    @Test
    void a_jvm_is_told_to_be_restorable(Scratch scratch) {
        ThawProcess.Result result = thaw(scratch).run("run", JavaCommand.java(), "-XX:+PrintFlagsFinal", "-version").expect(0);
        result.expectErr("thaw: run: environment for a restorable runtime: JDK_JAVA_OPTIONS=-XX:-UsePerfData (a JVM); "
                + "off by --no-runtime-hints\n");
        assertTrue(result.out().lines().anyMatch(line -> line.matches(" *bool UsePerfData += false .*")), result.toString());
        ThawProcess.Result plain = thaw(scratch).run("run", "--no-runtime-hints", "--", "sh", "-c", "echo \"[$JDK_JAVA_OPTIONS]\" java");
        assertEquals("[] java\n", plain.out());
        assertEquals("", plain.err());
    }

    @Test
    @RequiresTool("node")
    void node_uses_no_io_uring(Scratch scratch) {
        String script = "const fs = require('fs'); fs.readFile('/etc/passwd', () => "
                + "console.log(fs.readdirSync('/proc/self/fd').filter(fd => { try { return fs.readlinkSync('/proc/self/fd/' + fd)"
                + ".includes('io_uring') } catch (e) { return false } }).length))";
        thaw(scratch).run("run", "node", "-e", script).expect(0).expectOut("0\n").expectErr("UV_USE_IO_URING=0 (Node.js)");
    }

    @Test
    void quiet_says_nothing_and_verbose_says_what_is_done(Scratch scratch) {
        assertEquals("", thaw(scratch).run("run", "-q", "--", "sh", "-c", ": java").expect(0).err());
        thaw(scratch).run("run", "-v", "true").expect(0).expectErr("thaw: run: started pid ");
        thaw(scratch).run("run", "--log-file", scratch.path("log"), "no-such-command").expect(127);
        assertTrue(scratch.read("log").matches("(?s)\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z thaw: run: command not found: no-such-command\n.*"));
    }

    @Test
    @RequiresRoot
    @Alone
    void a_pid_floor_is_a_floor(Scratch scratch) {
        // Far from the end, where pids begin again from below.
        int floor = 20_000;
        FileCalls.writeFile("/proc/sys/kernel/ns_last_pid", "10000".getBytes(StandardCharsets.US_ASCII), 0);
        int pid = Integer.parseInt(thaw(scratch).run("run", "--pid-floor", "" + floor, "--", "sh", "-c", "echo $$").expect(0).out().strip());
        assertTrue(pid > floor && pid < floor + 400, pid + " above " + floor);
        thaw(scratch).run("run", "--pid-floor", "2000000000", "true").expect(2).expectErr("pid_max");
    }

    @Test
    void an_unforeseen_error_is_125_in_plain_words(Scratch scratch) {
        ThawProcess.Result result = thaw(scratch).run("run", "--log-file", "/no/such/directory/log", "true").expect(125);
        assertTrue(result.err().startsWith("thaw: run: the log file cannot be written: /no/such/directory/log\n"), result.err());
        assertFalse(result.err().contains("\tat "), result.err());
    }

    private static ThawProcess.Builder thaw(Scratch scratch) {
        return ThawProcess.in(scratch).environment("THAW_RUNTIME_DIR", scratch.path("runtime"));
    }
}
