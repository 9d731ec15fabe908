package dev.thaw.it.rehearse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thaw.it.Await;
import dev.thaw.it.Checkout;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresTool;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.Signals;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code thaw rehearse} with programs as people have them. */
@IntegrationTest
class RehearseIT {
    private static final Duration LIMIT = Duration.ofSeconds(50);

    @Test
    @RequiresCriu
    void a_shell_pipeline_counts_on_through_other_pipes_and_rotated_logs(Scratch scratch) {
        String log = scratch.path("app.log");
        String pipeline = "exec 7>>" + log + "; i=0; while :; do i=$((i+1)); echo beat $i; echo $i >&7; sleep .02; done | cat";
        ThawProcess.Result result = rehearse(scratch, "--cycles", "2", "--ready-output", "beat 5\n", "--change", "close-pipes,rotate-logs,other-cwd",
                "--json", "--", "/bin/sh", "-c", pipeline).expect(0);
        JsonObject report = JsonParser.parseString(result.out()).getAsJsonObject();
        for (JsonElement cycle : report.getAsJsonArray("cycles")) {
            Map<String, String> seen = observations(cycle.getAsJsonObject());
            assertTrue(seen.get("stdout").endsWith("none lost, none doubled"), seen.toString());
            assertTrue(seen.get("rotate-logs").startsWith("moved to " + log + ".rehearse-"), seen.toString());
            assertTrue(seen.keySet().containsAll(List.of("checkpoint", "restore", "processes", "descriptors", "shared descriptors", "pipes")), seen.toString());
        }
        List<String> rotated = new ArrayList<>(List.of(log + ".rehearse-1", log + ".rehearse-2", log));
        List<String> lines = rotated.stream().flatMap(file -> KernelString.decode(FileCalls.readAll(file)).lines()).toList();
        assertEquals(Stream.iterate(1, number -> number + 1).limit(lines.size()).map(Object::toString).toList(), lines, "each line is in one of the logs, once");
    }

    @Test
    @RequiresCriu
    void a_terminal_becomes_another_one(Scratch scratch) {
        rehearse(scratch, "--ready-output", "beat 4", "--change", "new-terminal", "--compare-exit", "--", "/bin/sh", "-c",
                "i=0; while :; do i=$((i+1)); echo beat $i; sleep .05; done").expect(0)
                .expectOut("held  terminal").expectOut("none lost, none doubled").expectOut(", as without a restore").expectOut("1 of 1 cycle held, with new-terminal\n");
    }

    @Test
    @RequiresCriu
    void a_web_server_answers_its_probe_after_each_restore_and_the_report_is_for_ci(Scratch scratch) {
        String server = "import http.server\ns = http.server.HTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)\n"
                + "open('" + scratch.path("port") + "', 'w').write(str(s.server_port))\nprint('ready', flush=True)\ns.serve_forever()\n";
        String probe = Checkout.python() + " -c \"import urllib.request as u; u.urlopen('http://127.0.0.1:%s/' % open('" + scratch.path("port") + "').read(), timeout=10)\"";
        String config = scratch.file("config", "x");
        rehearse(scratch, "--cycles", "2", "--ready-output", "ready", "--probe", probe, "--between", "test -d \"$THAW_IMAGE\" && rm " + config, "--change",
                "replace-file:" + scratch.file("page", "hello"), "--report", scratch.path("junit.xml"), "--image", scratch.path("kept"), "--", Checkout.python(), "-c", server)
                .expect(122).expectOut("cycle 1: held").expectOut("cycle 2: did not hold").expectOut("NOT   between").expectOut("because: it ended with 1: rm");
        String xml = KernelString.decode(FileCalls.readAll(scratch.path("junit.xml")));
        assertTrue(xml.contains("<testcase classname=\"cycle 1\" name=\"probe\""), xml);
        assertTrue(xml.contains("failures=\"1\""), xml);
        assertTrue(FileCalls.statIfExists(scratch.path("kept/current")).isPresent(), "the image was to be kept");
    }

    @Test
    @RequiresCriu
    @RequiresTool({"redis-server", "redis-cli"})
    void redis_has_its_keys_after_a_restore(Scratch scratch) {
        String socket = scratch.path("redis.sock");
        String cli = "redis-cli -s " + socket;
        rehearse(scratch, "--ready-command", "test \"$(" + cli + " set answer 42)\" = OK", "--probe", "test \"$(" + cli + " get answer)\" = 42", "--cycles", "2",
                "--change", "close-pipes", "--", "redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir",
                scratch.path()).expect(0).expectOut("held  probe").expectOut("2 of 2 cycles held, with close-pipes\n");
    }

    @Test
    @RequiresCriu
    void an_hour_passes_and_timers_of_the_application_fire(Scratch scratch) {
        // A thread that waits for 50 minutes, and how far the clocks have come.
        String program = "import threading, time\nstart = time.monotonic(), time.clock_gettime(time.CLOCK_BOOTTIME), time.time()\nfired = []\n"
                + "threading.Timer(3000, lambda: fired.append(1)).start()\nprint('ready', flush=True)\nwhile True:\n  time.sleep(.02)\n"
                + "  open('" + scratch.path("new") + "', 'w').write('%d %d %d %d' % (time.monotonic() - start[0], time.clock_gettime(time.CLOCK_BOOTTIME) - start[1],"
                + " time.time() - start[2], len(fired)))\n  import os; os.rename('" + scratch.path("new") + "', '" + scratch.path("clocks") + "')\n";
        String probe = "for i in $(seq 500); do read -r monotonic boot wall fired <" + scratch.path("clocks") + "; [ $((monotonic / 3600)) -eq $HOURS ] && [ $((boot / 3600)) -eq"
                + " $HOURS ] && [ $wall -lt 3000 ] && [ $HOURS -eq 0 -o $fired -eq 1 ] && exit 0; sleep .02; done; cat " + scratch.path("clocks") + "; exit 1";
        String counting = "HOURS=$(cat " + scratch.path("cycle") + " 2>/dev/null || echo 0); " + probe;
        String between = "echo $(($(cat " + scratch.path("cycle") + " 2>/dev/null || echo 0) + 1)) >" + scratch.path("cycle") + ".new; mv " + scratch.path("cycle") + ".new "
                + scratch.path("cycle");
        rehearse(scratch, "--cycles", "2", "--ready-command", "test -s " + scratch.path("clocks"), "--change", "time:+1h", "--between", between, "--probe", counting, "--",
                Checkout.python(), "-c", program).expect(0).expectOut("held  time:+1h").expectOut("2 of 2 cycles held");
    }

    @Test
    @RequiresCriu
    void a_rehearsal_that_is_killed_leaves_the_clocks_of_its_image_as_they_were(Scratch scratch) {
        String clocks = scratch.path("image/000001/timens-0.img");
        String between = "cp " + clocks + " " + scratch.path("forward") + "; cp " + clocks + ".before " + scratch.path("before") + "; kill -KILL $PPID";
        rehearse(scratch, "--image", scratch.path("image"), "--ready-output", "ready", "--change", "time:+1h", "--between", between, "--",
                Checkout.python(), "-c", "import time\nprint('ready', flush=True)\ntime.sleep(1000)").expect(128 + Signals.SIGKILL);
        assertNotEquals(hex(scratch, "before"), hex(scratch, "forward"));
        Await.until("the clocks as they were", () -> FileCalls.lstatIfExists(clocks + ".before").isEmpty());
        assertEquals(hex(scratch, "before"), hex(scratch, "image/000001/timens-0.img"));
    }

    @Test
    @RequiresCriu
    void what_criu_cannot_dump_is_told_with_its_reason_and_nothing_is_left_running(Scratch scratch) {
        String program = "import socket, time\ns = socket.socket(socket.AF_INET, socket.SOCK_STREAM); s.bind(('127.0.0.1', 0)); s.listen()\n"
                + "c = socket.socket(); c.connect(s.getsockname()); a = s.accept()\nprint('ready', flush=True)\ntime.sleep(1000)\n";
        rehearse(scratch, "--ready-output", "ready", "--", Checkout.python(), "-c", program).expect(122).expectOut("NOT   checkpoint")
                .expectOut("--tcp ").expectOut("0 of 1 cycle held\n");
    }

    @Test
    @RequiresCriu
    void a_posix_lock_on_a_mapped_file_does_not_hold(Scratch scratch) {
        String program = "import fcntl, mmap, time\nf = open('" + scratch.path("f") + "', 'w+b'); f.truncate(4096); fcntl.lockf(f, fcntl.LOCK_EX)\n"
                + "m = mmap.mmap(f.fileno(), 4096)\nprint('ready', flush=True)\ntime.sleep(1000)\n";
        rehearse(scratch, "--ready-output", "ready", "--", Checkout.python(), "-c", program).expect(122).expectOut("NOT   locks")
                .expectOut("loses its POSIX locks on " + scratch.path("f")).expectOut("0 of 1 cycle held\n");
    }

    @Test
    @RequiresCriu
    void a_command_that_ends_or_is_never_ready_is_told_with_its_last_words(Scratch scratch) {
        rehearse(scratch, "--ready-output", "never", "--", "/bin/sh", "-c", "echo bye; exit 3").expect(125).expectErr("the command ended before it was ready")
                .expectErr("with exit code 3").expectErr("stdout: bye");
        rehearse(scratch, "--ready-output", "never", "--timeout", "1s", "--", "/bin/sleep", "1000").expect(124).expectErr("was not ready for a checkpoint in time");
    }

    /** As text two files of bytes may look alike. */
    private static String hex(Scratch scratch, String name) {
        return HexFormat.of().formatHex(FileCalls.readAll(scratch.path(name)));
    }

    private static ThawProcess.Result rehearse(Scratch scratch, String... arguments) {
        List<String> all = new ArrayList<>(List.of("rehearse"));
        all.addAll(List.of(arguments));
        try (ThawProcess thaw = ThawProcess.in(scratch).limit(LIMIT).start(all.toArray(String[]::new))) {
            return thaw.awaitEnd();
        }
    }

    private static Map<String, String> observations(JsonObject cycle) {
        Map<String, String> texts = new TreeMap<>();
        for (JsonElement one : cycle.getAsJsonArray("observations")) {
            JsonObject observation = one.getAsJsonObject();
            assertTrue(observation.get("held").getAsBoolean(), observation.toString());
            texts.put(observation.get("name").getAsString(), Optional.ofNullable(observation.get("what")).map(JsonElement::getAsString).orElse(""));
        }
        return texts;
    }
}
