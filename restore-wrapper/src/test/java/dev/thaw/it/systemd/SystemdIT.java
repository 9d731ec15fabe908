package dev.thaw.it.systemd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.Checkout;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.RequiresTool;
import dev.thaw.it.Scratch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The units of packaging/systemd, each as it stands there, under a real systemd with its real journal. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
@RequiresTool({"systemctl", "journalctl", "nsenter", "unshare"})
@Timeout(180)
class SystemdIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final List<String> UNITS = List.of("shop.service", "shop-run.service", "shop-restore.service", "shop-main.service",
            "shop-forking.service", "shop-web.socket", "shop-web.service", "shop-web-restored.service",
            "shop-stop.service", "shop-watched.service", "shop-exec.service");

    /** Counts in the journal; exits with 7 on SIGUSR1. */
    private static final String SHOP = """
            #!%s
            import os, signal, time
            signal.signal(signal.SIGUSR1, lambda *args: os._exit(7))
            beat = 0
            while True:
                beat += 1
                print('beat', beat, flush=True)
                time.sleep(0.1)
            """;

    /** Tells systemd that it is up and, until SIGUSR2, that it is alive. */
    private static final String WATCHED = """
            #!%s
            import os, signal, socket, time
            alive = True
            def silence(*args):
                global alive
                alive = False
            signal.signal(signal.SIGUSR2, silence)
            def tell(text):
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                    manager.connect(os.environ['NOTIFY_SOCKET'])
                    manager.sendall(text)
            tell(b'READY=1')
            beat = 0
            while True:
                beat += 1
                print('beat', beat, flush=True)
                if alive:
                    tell(b'WATCHDOG=1')
                time.sleep(0.1)
            """;

    /** Answers each connection with a number that it has not given before. */
    private static final String WEB = """
            #!%s
            import os, select, socket
            assert os.environ['LISTEN_PID'] == str(os.getpid()), 'not for us'
            listener = socket.socket(fileno=3)
            poll = select.epoll()
            poll.register(3, select.EPOLLIN)
            answers = 0
            while True:
                poll.poll()
                connection, peer = listener.accept()
                answers += 1
                connection.sendall(b'answer %%d\\n' %% answers)
                connection.close()
            """;

    @Test
    void a_listener_of_systemds_goes_back_into_the_restored_service(Scratch scratch) throws IOException {
        try (SystemdMachine machine = machine(scratch)) {
            machine.run("systemctl", "start", "shop-web.socket");
            assertEquals("answer 1", ask(machine));
            machine.run("systemctl", "reload", "shop-web");
            machine.run("systemctl", "stop", "shop-web.service");
            machine.run("systemctl", "start", "shop-web-restored");
            assertEquals("answer 2", ask(machine));
            assertEquals("active", machine.property("shop-web-restored", "ActiveState"));
            machine.run("systemctl", "stop", "shop-web-restored", "shop-web.socket");
        }
    }

    private static String ask(SystemdMachine machine) {
        return machine.run("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/17391 && head -n 1 <&3").strip();
    }

    @Test
    void a_service_goes_on_at_each_start_from_where_it_was_stopped(Scratch scratch) throws IOException {
        try (SystemdMachine machine = machine(scratch)) {
            int seen = 0;
            for (int start = 1; start <= 3; start++) {
                machine.run("systemctl", "start", "shop");
                assertEquals("active", machine.property("shop", "ActiveState"));
                awaitBeat(machine, "shop", seen + 3);
                machine.run("systemctl", "stop", "shop");
                assertEquals("inactive", machine.property("shop", "ActiveState"), machine.journal());
                seen = lastBeat(machine, "shop");
            }
            List<Integer> beats = beats(machine, "shop");
            assertEquals(java.util.stream.IntStream.rangeClosed(1, beats.size()).boxed().toList(), beats, "nothing lost, nothing twice");

            crashed(machine, seen);
            stoppedByACommand(machine);
            underAWatchdog(machine);
        }
    }

    /** @param stopped beats at the last checkpoint */
    private static void crashed(SystemdMachine machine, int stopped) {
        machine.run("systemctl", "start", "shop");
        awaitBeat(machine, "shop", stopped + 2);
        machine.run("pkill", "-USR1", "-f", "python[^ ]* /usr/local/bin/shop$");
        await(machine, "a second life from the checkpoint", () -> occurrences(machine, "shop", stopped + 1) == 2
                && machine.property("shop", "ActiveState").equals("active"));
        assertEquals("1", machine.property("shop", "NRestarts"));
        assertEquals(1, occurrences(machine, "shop", 1), "no cold start");
        machine.run("systemctl", "stop", "shop");
        assertEquals("inactive", machine.property("shop", "ActiveState"), machine::journal);
    }

    private static void stoppedByACommand(SystemdMachine machine) {
        machine.run("systemctl", "start", "shop-stop");
        awaitBeat(machine, "shop-stop", 3);
        machine.run("systemctl", "stop", "shop-stop");
        assertEquals("inactive", machine.property("shop-stop", "ActiveState"), machine::journal);
        int frozen = lastBeat(machine, "shop-stop");
        machine.run("systemctl", "start", "shop-stop");
        awaitBeat(machine, "shop-stop", frozen + 2);
        assertEquals(frozen + 1, beats(machine, "shop-stop").get(frozen), "it goes on");
        machine.run("systemctl", "stop", "shop-stop");
        assertEquals("inactive", machine.property("shop-stop", "ActiveState"), machine::journal);
        assertEquals("0", machine.property("shop-stop", "NRestarts"));
    }

    private static void underAWatchdog(SystemdMachine machine) {
        machine.run("systemctl", "start", "shop-watched");
        // It tells READY=1 by itself; a SIGTERM before thaw counts it as up would be its own.
        awaitBeat(machine, "shop-watched", 10);
        machine.run("systemctl", "stop", "shop-watched");
        int frozen = lastBeat(machine, "shop-watched");
        machine.run("systemctl", "start", "shop-watched");
        String answered = machine.property("shop-watched", "WatchdogTimestampMonotonic");
        await(machine, "an answer to the watchdog after a restore",
                () -> !machine.property("shop-watched", "WatchdogTimestampMonotonic").equals(answered));
        int restarts = Integer.parseInt(machine.property("shop-watched", "NRestarts"));
        machine.run("pkill", "-USR2", "-f", "python[^ ]* /usr/local/bin/shop-watched$");
        await(machine, "a restart by the watchdog", () -> Integer.parseInt(machine.property("shop-watched", "NRestarts")) > restarts
                && machine.property("shop-watched", "ActiveState").equals("active"));
        await(machine, "its life from the checkpoint", () -> occurrences(machine, "shop-watched", frozen + 1) >= 2);
        assertEquals(1, occurrences(machine, "shop-watched", 1), () -> "no cold start" + machine.journal());
        machine.run("systemctl", "stop", "shop-watched");
        assertEquals("inactive", machine.property("shop-watched", "ActiveState"), machine::journal);
    }

    private static void await(SystemdMachine machine, String what, BooleanSupplier happened) {
        Await.value(() -> what + machine.journal(), LIMIT, () -> happened.getAsBoolean() ? Optional.of(true) : Optional.empty());
    }

    private static int occurrences(SystemdMachine machine, String unit, int beat) {
        return Collections.frequency(beats(machine, unit), beat);
    }

    @Test
    void a_service_is_checkpointed_and_restored_as_each_type_of_unit(Scratch scratch) throws IOException {
        try (SystemdMachine machine = machine(scratch)) {
            machine.run("systemctl", "start", "shop-run");
            awaitBeat(machine, "shop-run", 3);
            machine.run("systemctl", "reload", "shop-run");
            machine.run("systemctl", "stop", "shop-run");
            assertEquals("inactive", machine.property("shop-run", "ActiveState"));

            foreground(machine);
            withExec(machine);
            asMainProcess(machine, "shop-main");
            asMainProcess(machine, "shop-forking");
        }
    }

    private static void foreground(SystemdMachine machine) {
        List<Integer> before = allBeats(machine);
        machine.run("systemctl", "start", "shop-restore");
        assertEquals("active", machine.property("shop-restore", "ActiveState"));
        awaitBeat(machine, "shop-restore", 2);
        requireGoesOn(machine, before);
        assertTrue(machine.property("shop-restore", "StatusText").matches("pid \\d+ is up"));
        assertEquals("java", machine.run("ps", "-o", "comm=", "-p", machine.property("shop-restore", "MainPID")).strip());
        // It is in the new unit's cgroup, so that systemd can stop all of it.
        assertTrue(machine.run("systemctl", "status", "--no-pager", "shop-restore").contains("/usr/local/bin/shop"));

        machine.run("pkill", "-USR1", "-f", "/usr/local/bin/shop");
        Await.until("a restart after exit code 7", LIMIT, () -> machine.property("shop-restore", "NRestarts").equals("1")
                && machine.property("shop-restore", "ActiveState").equals("active"));
        machine.run("systemctl", "stop", "shop-restore");
        assertEquals("inactive", machine.property("shop-restore", "ActiveState"));
        assertTrue(machine.attempt("pgrep", "-f", "/usr/local/bin/shop").code() != 0, "nothing of it is left");
    }

    private static void withExec(SystemdMachine machine) {
        List<Integer> before = allBeats(machine);
        machine.run("systemctl", "start", "shop-exec");
        awaitBeat(machine, "shop-exec", 2);
        requireGoesOn(machine, before);
        machine.run("pkill", "-USR1", "-f", "python[^ ]* /usr/local/bin/shop$");
        Await.until("the end of shop-exec", LIMIT, () -> machine.property("shop-exec", "ActiveState").equals("failed"));
        assertEquals("7", machine.property("shop-exec", "ExecMainStatus"), "thaw's exit code is the application's");
    }

    private static void asMainProcess(SystemdMachine machine, String unit) {
        machine.run("systemctl", "start", unit);
        assertEquals("active", machine.property(unit, "ActiveState"));
        awaitBeat(machine, unit, 2);
        String pid = machine.property(unit, "MainPID");
        assertTrue(machine.run("cat", "/proc/" + pid + "/cmdline").contains("/usr/local/bin/shop"), "the application is the main process");
        machine.run("kill", "-USR1", pid);
        Await.until("the end of " + unit, LIMIT, () -> machine.property(unit, "ActiveState").equals("failed"));
        assertEquals("7", machine.property(unit, "ExecMainStatus"), "systemd sees its exit status");
    }

    private static SystemdMachine machine(Scratch scratch) throws IOException {
        Map<String, String> units = new TreeMap<>();
        for (String name : UNITS) {
            units.put(name, Files.readString(Checkout.root().resolve("packaging/systemd/" + name)));
        }
        SystemdMachine machine = SystemdMachine.boot(scratch, units);
        Path shop = Path.of(scratch.path("shop"));
        Files.writeString(shop, SHOP.formatted(Checkout.python()));
        machine.run("install", "-m", "755", shop.toString(), "/usr/local/bin/shop");
        Path web = Path.of(scratch.path("shop-web"));
        Files.writeString(web, WEB.formatted(Checkout.python()));
        machine.run("install", "-m", "755", web.toString(), "/usr/local/bin/shop-web");
        machine.run("install", "-m", "755", scratch.file("shop-watched", WATCHED.formatted(Checkout.python())), "/usr/local/bin/shop-watched");
        Path thaw = Path.of(scratch.path("thaw"));
        Files.writeString(thaw, "#!/bin/bash\nexport THAW_NO_BUILD=1\nexec '" + Checkout.root() + "/thaw' \"$@\"\n");
        machine.run("install", "-m", "755", thaw.toString(), "/usr/local/bin/thaw");
        return machine;
    }

    private static void awaitBeat(SystemdMachine machine, String unit, int lines) {
        Await.value(() -> lines + " lines of " + unit + machine.journal(), LIMIT,
                () -> beats(machine, unit).size() >= lines ? Optional.of(true) : Optional.empty());
    }

    private static List<Integer> beats(SystemdMachine machine, String unit) {
        return machine.journalOf(unit).lines().filter(line -> line.matches("beat \\d+")).map(line -> Integer.valueOf(line.substring(5)))
                .toList();
    }

    /** Of all units: for some seconds journald takes a pid for the unit's that had it before. */
    private static List<Integer> allBeats(SystemdMachine machine) {
        machine.run("journalctl", "--sync");
        return beats(machine, "*");
    }

    /** @param before beats of the application until its last restore */
    private static void requireGoesOn(SystemdMachine machine, List<Integer> before) {
        List<Integer> beats = allBeats(machine);
        assertEquals(before, beats.subList(0, before.size()));
        int first = beats.get(before.size());
        assertTrue(before.contains(first - 1), "it went on where it was frozen, and the journal has its first line: " + first + " after " + before);
    }

    private static int lastBeat(SystemdMachine machine, String unit) {
        machine.run("journalctl", "--sync");
        List<Integer> beats = beats(machine, unit);
        return beats.get(beats.size() - 1);
    }
}
