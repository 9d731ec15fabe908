package dev.thaw.it.systemd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.Checkout;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.RequiresTool;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.OpenFlags;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code thaw plan --format systemd}: the unit restores without thaw. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
@Timeout(180)
class ServiceUnitIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    /** Speaks to a pipe at first. */
    private static final String APPLICATION = """
            import time
            beat = 0
            while True:
                beat += 1
                print('beat', beat, flush=True)
                time.sleep(0.1)
            """;

    @Test
    @RequiresTool({"systemctl", "systemd-analyze", "journalctl", "nsenter", "unshare"})
    void a_service_without_thaw_goes_on_in_the_journal(Scratch scratch) throws IOException {
        String script = scratch.file("beats.py", APPLICATION);
        String first = "[Service]\nExecStart=/bin/bash -c \"setsid " + Checkout.python() + " " + script + " </dev/null 2>&1 | cat >>" + scratch.path("out") + "\"\n";
        try (SystemdMachine machine = SystemdMachine.boot(scratch, Map.of("first.service", first))) {
            machine.run("systemctl", "start", "first");
            Await.until("a beat", LIMIT, () -> Files.exists(Path.of(scratch.path("out"))) && scratch.read("out").contains("beat 2\n"));
            String pid = machine.run("pgrep", "-f", "^" + Checkout.python() + " .*/beats.py").strip();
            String image = scratch.path("image");
            String thaw = "THAW_NO_BUILD=1 '" + Checkout.root() + "/thaw' ";
            machine.run("bash", "-c", thaw + "checkpoint --quiet " + pid + " " + image);
            machine.run("bash", "-c", thaw + "plan --format systemd " + image + " >/etc/systemd/system/again.service");
            assertEquals("", machine.run("systemd-analyze", "verify", "--man=no", "/etc/systemd/system/again.service"));
            machine.run("systemctl", "daemon-reload");

            machine.run("systemctl", "start", "again");

            assertEquals(pid, machine.property("again", "MainPID"));
            Await.until("beats in the journal", LIMIT, () -> machine.journalOf("again").lines().filter(line -> line.startsWith("beat ")).count() >= 2);
            long began = machine.journalOf("again").lines().filter(line -> line.startsWith("beat ")).findFirst().map(line -> Long.parseLong(line.substring(5)))
                    .orElseThrow();
            assertTrue(began > 1, "it went on, and did not begin anew");
            assertFalse(machine.run("systemctl", "status", "--no-pager", "again").contains("java"));
            machine.run("systemctl", "stop", "again");
            assertEquals("inactive", machine.property("again", "ActiveState"));
        }
    }

    /** Opens files of its own cgroup at first, the first of them read up to its second byte. */
    private static final String WATCHER = """
            import os, time
            own = '/sys/fs/cgroup' + open('/proc/self/cgroup').read().split('0::')[1].split('\\n')[0]
            for number, name in ((7, '/cgroup.max.depth'), (8, '/cgroup.events'), (9, '')):
                os.dup2(os.open(own + name, os.O_RDONLY), number)
            os.read(7, 2)
            print('up', flush=True)
            while True:
                time.sleep(0.1)
            """;

    @Test
    @RequiresTool({"systemctl", "systemd-analyze", "journalctl", "nsenter", "unshare"})
    void files_of_the_cgroup_are_those_of_the_service_that_it_becomes(Scratch scratch) throws IOException {
        String script = scratch.file("watcher.py", WATCHER);
        String first = "[Service]\nExecStart=/bin/bash -c \"exec " + Checkout.python() + " " + script + " </dev/null >" + scratch.path("out") + " 2>&1\"\n";
        try (SystemdMachine machine = SystemdMachine.boot(scratch, Map.of("first.service", first))) {
            machine.run("systemctl", "start", "first");
            Await.until("the application", LIMIT, () -> Files.exists(Path.of(scratch.path("out"))) && scratch.read("out").contains("up\n"));
            String pid = machine.property("first", "MainPID");
            String image = scratch.path("image");
            String thaw = "THAW_NO_BUILD=1 '" + Checkout.root() + "/thaw' ";
            machine.run("bash", "-c", thaw + "checkpoint --quiet " + pid + " " + image);
            Await.until("the first service to be over", LIMIT, () -> machine.attempt("test", "-e", "/sys/fs/cgroup/system.slice/first.service").code() != 0);
            // A service that restores itself, too: its cgroup has the path of the dumped one.
            for (String service : List.of("again", "first")) {
                machine.run("bash", "-c", thaw + "plan --format systemd " + image + " >/etc/systemd/system/" + service + ".service");
                assertEquals("", machine.run("systemd-analyze", "verify", "--man=no", "/etc/systemd/system/" + service + ".service"));
                machine.run("systemctl", "daemon-reload");

                machine.run("systemctl", "start", service);

                assertEquals(pid, machine.property(service, "MainPID"));
                String own = "/sys/fs/cgroup/system.slice/" + service + ".service";
                assertEquals(own + "/cgroup.max.depth\n" + own + "/cgroup.events\n" + own + "\n", machine.run("readlink", "/proc/" + pid + "/fd/7", "/proc/" + pid + "/fd/8",
                        "/proc/" + pid + "/fd/9"));
                assertTrue(machine.run("cat", "/proc/" + pid + "/fdinfo/7").startsWith("pos:\t2\n"));
                assertTrue(machine.run("cat", "/proc/" + pid + "/cgroup").endsWith("/system.slice/" + service + ".service\n"));
                machine.run("systemctl", "stop", service);
            }
        }
    }

    @Test
    void nothing_runs_that_is_not_as_the_unit_says(Scratch scratch) throws IOException, InterruptedException {
        try (FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Puppet puppet = Puppet.in(scratch).nullStreams().descriptor(1, out.writer().number()).start()) {
            String image = scratch.path("im $age's");
            ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), image).expect(0);
            puppet.awaitGone();
            String unit = ThawProcess.run(scratch, "plan", "--format", "systemd", image).expect(0).out();
            ThawProcess.run(scratch, "plan", "--format", "systemd", "--stdout", "pty", image).expect(121).expectErr("this plan cannot be a program");

            scratch.directory("run");
            String wrong = unit.replace("-ef /proc/$$PPID/fd/1 ]", "-ef /dev/null ]");
            assertTrue(start(scratch, wrong) != 0, "a proof that fails");
            puppet.awaitGone();

            assertEquals(0, start(scratch, unit), () -> scratch.read("err"));
            assertEquals("" + puppet.pid(), scratch.read("run/pid").strip());
            assertEquals(scratch.path("stdout"), puppet.fd(1).link());
            assertEquals("3", puppet.eval("1 + 2"));
        }
    }

    /** As systemd would run ExecStart=. */
    private static int start(Scratch scratch, String unit) throws IOException, InterruptedException {
        String begin = "ExecStart=/bin/sh -c ";
        String word = unit.lines().filter(line -> line.startsWith(begin)).findFirst().orElseThrow().substring(begin.length());
        String program = word.substring(1, word.length() - 1).replaceAll("\\\\(.)", "$1").replace("$$", "$").replace("%%", "%");
        Files.deleteIfExists(Path.of(scratch.path("run/pid")));
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", program);
        builder.environment().put("RUNTIME_DIRECTORY", scratch.path("run"));
        builder.environment().put("CACHE_DIRECTORY", scratch.path("run"));
        return builder.redirectInput(new File("/dev/null")).redirectOutput(new File(scratch.path("stdout"))).redirectError(new File(scratch.path("err")))
                .start().waitFor();
    }
}
