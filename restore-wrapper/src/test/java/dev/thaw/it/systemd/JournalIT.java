package dev.thaw.it.systemd;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Output of a systemd service goes to a real journal before the checkpoint and after the restore: whole lines, under the right name. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
@RequiresTool({"systemctl", "journalctl", "nsenter", "unshare"})
@Timeout(120)
class JournalIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String IMAGE = "/var/lib/counter/image";

    /** One line at a time on each of stdout and stderr, each written in two pieces; then it waits for the next SIGUSR1. */
    private static final String COUNTER = """
            #!%s
            import os, signal
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
            line = 0
            while True:
                line += 1
                for fd, name in (1, b'out'), (2, b'err'):
                    os.write(fd, name + b' li')
                    os.write(fd, b'ne %%d\\n' %% line)
                signal.sigwait([signal.SIGUSR1])
            """;

    private static String unit(String identifier, String command) {
        return "[Service]\nType=exec\nSyslogIdentifier=" + identifier + "\nStateDirectory=counter\nStateDirectoryMode=0700\nExecStart=" + command + "\n";
    }

    private static final Map<String, String> UNITS = Map.of(
            "counter.service", unit("first", "/usr/local/bin/counter"),
            // thaw leaves, so that the application is the service's main process, and gets the signals that systemctl kill sends.
            "inherits.service", unit("second", "/usr/local/bin/thaw restore --quiet --detach " + IMAGE).replace("Type=exec", "Type=notify\nNotifyAccess=all"),
            "forks.service", unit("fourth", "/usr/local/bin/thaw restore --quiet --detach --pid-file /run/forks.pid " + IMAGE)
                    .replace("Type=exec", "Type=forking\nPIDFile=/run/forks.pid"),
            "attends.service", unit("fifth", "/usr/local/bin/thaw restore --quiet --pid-file /run/attends.pid " + IMAGE),
            "fresh.service", unit("third", "/usr/local/bin/thaw restore --quiet --detach --stdout journal:shop --stderr journal:shop-errors " + IMAGE)
                    .replace("Type=exec", "Type=notify\nNotifyAccess=all"));

    @Test
    void restored_services_write_to_the_streams_of_their_units_and_to_fresh_ones(Scratch scratch) throws IOException {
        try (SystemdMachine machine = machine(scratch)) {
            machine.run("systemctl", "start", "counter");
            awaitLines(machine, "counter", "first", "(out|err)", IntStream.of(1));
            next(machine, "counter");
            awaitLines(machine, "counter", "first", "(out|err)", IntStream.of(1, 2));
            machine.run("thaw", "checkpoint", machine.property("counter", "MainPID"), IMAGE);
            Await.until("the end of the service", LIMIT, () -> !machine.property("counter", "ActiveState").equals("active"));

            machine.run("systemctl", "start", "inherits");
            next(machine, "inherits");
            awaitLines(machine, "inherits", "second", "(out|err)", IntStream.of(3));
            machine.run("systemctl", "stop", "inherits");

            machine.run("systemctl", "start", "forks");
            next(machine, "forks");
            awaitLines(machine, "forks", "fourth", "(out|err)", IntStream.of(3));
            machine.run("systemctl", "stop", "forks");

            // thaw stays, and is the main process; a signal before there is an application would be its own.
            machine.run("systemctl", "start", "attends");
            Await.until("the application: " + machine.journal(), LIMIT, () -> machine.attempt("test", "-s", "/run/attends.pid").code() == 0);
            next(machine, "attends");
            awaitLines(machine, "attends", "fifth", "(out|err)", IntStream.of(3));
            machine.run("systemctl", "stop", "attends");

            machine.run("systemctl", "start", "fresh");
            next(machine, "fresh");
            next(machine, "fresh");
            awaitLines(machine, "fresh", "shop", "out", IntStream.of(3, 4));
            awaitLines(machine, "fresh", "shop-errors", "err", IntStream.of(3, 4));
            machine.run("systemctl", "stop", "fresh");
            assertEquals(List.of(), lines(machine, "third"), "nothing of the application's on the unit's own stream");
            assertEquals(List.of("out line 1", "err line 1", "out line 2", "err line 2"), lines(machine, "first"));
        }
    }

    private static void next(SystemdMachine machine, String unit) {
        int before = lines(machine).size();
        machine.run("systemctl", "kill", "--kill-who=main", "-s", "USR1", unit);
        Await.until("another line of " + unit, LIMIT, () -> lines(machine).size() > before);
    }

    /** @param streams pattern of the stream names, "out" and "err" for each number; exactly these lines, in this order for each stream */
    private static void awaitLines(SystemdMachine machine, String unit, String identifier, String streams, IntStream numbers) {
        List<String> wanted = numbers.boxed().flatMap(number -> List.of("out line " + number, "err line " + number).stream())
                .filter(line -> line.matches(streams + " .*")).toList();
        Await.value(() -> wanted + " of " + unit + " under " + identifier + ", got " + lines(machine, identifier) + machine.journal(), LIMIT,
                () -> lines(machine, identifier).equals(wanted) ? java.util.Optional.of(true) : java.util.Optional.empty());
    }

    /** By the identifier of the stream: journald remembers for some seconds which unit a pid belongs to, and the next unit here has the same pid. */
    private static List<String> lines(SystemdMachine machine, String identifier) {
        return machine.attempt("journalctl", "--no-pager", "-q", "-o", "cat", "-t", identifier, "_TRANSPORT=stdout").text().lines().toList();
    }

    private static List<String> lines(SystemdMachine machine) {
        return machine.attempt("journalctl", "--no-pager", "-q", "-o", "cat", "_TRANSPORT=stdout").text().lines().toList();
    }

    private static SystemdMachine machine(Scratch scratch) throws IOException {
        SystemdMachine machine = SystemdMachine.boot(scratch, UNITS);
        install(scratch, machine, "counter", COUNTER.formatted(Checkout.python()));
        install(scratch, machine, "thaw", "#!/bin/bash\nexport THAW_NO_BUILD=1\nexec '" + Checkout.root() + "/thaw' \"$@\"\n");
        return machine;
    }

    private static void install(Scratch scratch, SystemdMachine machine, String name, String text) throws IOException {
        Path file = Path.of(scratch.path(name));
        Files.writeString(file, text);
        machine.run("install", "-m", "755", file.toString(), "/usr/local/bin/" + name);
    }
}
