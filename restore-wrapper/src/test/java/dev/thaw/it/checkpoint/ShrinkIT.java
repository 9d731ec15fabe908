package dev.thaw.it.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.Bytes;
import dev.thaw.it.Checkout;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Javas;
import dev.thaw.it.Program;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.RequiresTool;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.shrink.HangingShrinker;
import dev.thaw.shrink.JvmShrinker;
import dev.thaw.shrink.Shrunk;
import dev.thaw.supervise.HelperCommand;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code --shrink jvm}. */
@IntegrationTest
class ShrinkIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String OWN_TMP = "mount -t tmpfs -o mode=1777 tmpfs $1 && cp -r $2 $1/classes && mount --bind $1 /tmp && shift 2 && "
            + "exec setpriv --reuid 65534 --regid 65534 --clear-groups \"$@\"";
    private static final String ANSWER = ", 50 blocks kept\n";

    /** A JVM full of garbage, and the test's ends of its input and output. */
    private record Jvm(Program program, FdCalls.Pipe in, FdCalls.Pipe out) implements AutoCloseable {
        /** @param before what comes before java on its command line */
        static Jvm start(Scratch scratch, Path home, List<String> before, String... options) {
            String classes = scratch.path("classes-" + home.getFileName());
            assertEquals(0, ToolProvider.getSystemJavaCompiler().run(null, null, null, "--release", "17", "-d", classes,
                    Checkout.sample("garbage/Garbage.java")));
            List<String> command = new ArrayList<>(before);
            command.addAll(List.of(home.resolve("bin/java").toString(), "-XX:-UsePerfData", "-Xms8m", "-Xmx200m"));
            command.addAll(List.of(options));
            command.addAll(List.of("-cp", before.isEmpty() ? classes : "/tmp/classes", "Garbage", "80", "5"));
            FdCalls.Pipe in = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
            FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
            Program program = Program.with().descriptor(0, in.reader().number()).descriptor(1, out.writer().number()).nullStreams().start(command);
            Jvm jvm = new Jvm(program, in, out);
            try {
                Bytes.readUntil(out.reader().number(), "ready\n");
                return jvm;
            } catch (AssertionError e) {
                jvm.close();
                throw e;
            }
        }

        String ask(String line) {
            Bytes.write(in.writer().number(), line + "\n");
            return Bytes.readUntil(out.reader().number(), "\n");
        }

        @Override
        public void close() {
            program.close();
            in.close();
            out.close();
        }
    }

    private static String checkpoint(Scratch scratch, int pid, String image, String... options) {
        List<String> words = new ArrayList<>(List.of("checkpoint", "--json"));
        words.addAll(List.of(options));
        words.addAll(List.of("" + pid, scratch.path(image)));
        return ThawProcess.run(scratch, words.toArray(String[]::new)).expect(0).out();
    }

    private static long number(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\":(\\d+)").matcher(json);
        assertTrue(found.find(), name + " in " + json);
        return Long.parseLong(found.group(1));
    }

    @Test
    @RequiresCriu
    @Timeout(240)
    void garbage_is_not_in_the_image_and_the_jvm_goes_on(Scratch scratch) throws IOException, InterruptedException {
        for (Map.Entry<String, Path> java : Javas.installed().entrySet()) {
            String version = java.getKey();
            try (Jvm jvm = Jvm.start(scratch, java.getValue(), List.of(), version.equals("17") ? "-XX:+UseSerialGC" : "-XX:+UseG1GC")) {
                int pid = jvm.program().pid();
                // Once is enough to see that what a JVM holds is what is stored.
                long before = version.equals("17") ? number(checkpoint(scratch, pid, "as-it-is", "--leave-running"), "imageBytes") : 80 << 20;
                assertEquals("1 a" + ANSWER, jvm.ask("a"));
                String made = checkpoint(scratch, pid, "image" + version, "--shrink", "jvm");
                long after = number(made, "imageBytes");
                assertTrue(after < before / 2, "Java " + version + ": " + before + " bytes, then " + after);
                assertTrue(made.contains("\"shrunk\":[{\"pid\":" + pid + ","), made);
                assertTrue(number(made, "beforeBytes") - number(made, "afterBytes") > before / 2, made);
                jvm.program().awaitGone();
                try (ThawProcess thaw = ThawProcess.in(scratch).descriptor(0, jvm.in().reader().number()).descriptor(1, jvm.out().writer().number())
                        .start("restore", "--status-fd", "2", scratch.path("image" + version))) {
                    thaw.awaitErr("\"event\":\"ready\"");
                    assertEquals("2 b" + ANSWER, jvm.ask("b"));
                    // It takes commands again, and its flags are what they were.
                    Shrunk again = JvmShrinker.shrink(pid, LIMIT).get(0);
                    assertEquals(List.of(), again.because());
                    assertEquals(List.of("40", "70"), flags(java.getValue(), pid));
                    jvm.in().writer().close();
                    thaw.awaitEnd().expect(0);
                }
            }
        }
    }

    private static List<String> flags(Path home, int pid) {
        List<String> lines = HelperCommand.run("'" + home.resolve("bin/jcmd") + "' " + pid + " VM.flags -all", Map.of(), LIMIT).output().lines().toList();
        return List.of("MinHeapFreeRatio", "MaxHeapFreeRatio").stream().map(name -> lines.stream().filter(line -> line.contains(" " + name + " "))
                .map(line -> line.replaceAll(".*= *(\\d+) .*", "$1")).findFirst().orElse("not in " + lines)).toList();
    }

    @Test
    void a_thaw_that_is_killed_leaves_no_flag_changed(Scratch scratch) throws IOException, InterruptedException {
        Path home = Javas.installed().get("17");
        try (Jvm jvm = Jvm.start(scratch, home, List.of()); FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC)) {
            int pid = jvm.program().pid();
            try (Program thaw = Program.with().descriptor(1, out.writer().number()).nullStreams().start(home.resolve("bin/java").toString(),
                    "-cp", System.getProperty("java.class.path"), HangingShrinker.class.getName(), "" + pid)) {
                Bytes.readUntil(out.reader().number(), "lowered\n");
                assertEquals(List.of("0", "10"), flags(home, pid));
                ProcessCalls.kill(thaw.pid(), Signals.SIGKILL);
                thaw.awaitEnd();
            }
            Await.until("the flags as they were", () -> flags(home, pid).equals(List.of("40", "70")));
            assertEquals("1 a" + ANSWER, jvm.ask("a"));
        }
    }

    @Test
    @RequiresCriu
    void what_cannot_be_shrunk_is_dumped_as_it_is_and_said(Scratch scratch) throws IOException {
        try (Jvm jvm = Jvm.start(scratch, Javas.installed().get("17"), List.of(), "-XX:+DisableAttachMechanism")) {
            ThawProcess.run(scratch, "checkpoint", "--leave-running", "--shrink", "jvm", "" + jvm.program().pid(), scratch.path("image")).expect(0)
                    .expectErr("(java) was not shrunk\n  because: it was started with -XX:+DisableAttachMechanism, and takes no commands\n");
            assertEquals("1 a" + ANSWER, jvm.ask("a"));
        }
        try (Program sleep = Program.with().nullStreams().start("/bin/sleep", "1000")) {
            ThawProcess.run(scratch, "checkpoint", "--shrink", "jvm", "" + sleep.pid(), scratch.path("other")).expect(0)
                    .expectErr("there is no JVM to shrink below pid " + sleep.pid());
        }
    }

    @Test
    @RequiresRoot
    @RequiresTool({"unshare", "setpriv"})
    void a_jvm_of_another_user_with_pids_and_a_tmp_of_its_own_is_reached(Scratch scratch) throws IOException, InterruptedException {
        try (Jvm jvm = Jvm.start(scratch, Javas.installed().get("17"), List.of("unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c",
                OWN_TMP, "sh",
                scratch.directory("tmp"), scratch.path("classes-" + Javas.installed().get("17").getFileName())),
                "-XX:+UseSerialGC")) {
            List<Shrunk> shrunk = JvmShrinker.shrink(jvm.program().pid(), LIMIT);
            assertEquals(1, shrunk.size(), shrunk.toString());
            assertEquals(List.of(), shrunk.get(0).because());
            assertTrue(shrunk.get(0).savedBytes() > 40 << 20, shrunk.toString());
            assertEquals("1 a" + ANSWER, jvm.ask("a"));
        }
    }
}
