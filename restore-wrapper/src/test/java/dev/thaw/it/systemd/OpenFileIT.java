package dev.thaw.it.systemd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** packaging/systemd/shop-file*: OpenFile= of a systemd that has it, this machine's or the one of scripts/install-test-tools. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
@RequiresTool({"systemctl", "journalctl", "nsenter", "unshare"})
@Timeout(180)
class OpenFileIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int FIRST_WITH_IT = 253;
    private static final Path NEWER = Path.of("/opt/thaw/systemd");

    /** Writes orders to the one file that it was given, and knows by its name which that is. */
    private static final String SHOP = """
            #!%s
            import os, time
            assert os.environ['LISTEN_PID'] == str(os.getpid()), 'not for us'
            assert os.environ['LISTEN_FDS'] == '1' and os.environ['LISTEN_FDNAMES'] == 'orders', os.environ
            order = 0
            while True:
                order += 1
                os.write(3, b'order %%d\\n' %% order)
                time.sleep(0.1)
            """;

    @Test
    void a_file_that_systemd_opens_is_passed_on_and_handed_over_by_number_and_by_name(Scratch scratch) throws IOException {
        Map<String, String> units = new TreeMap<>();
        for (String name : List.of("shop-file.service", "shop-file-restored.service")) {
            units.put(name, Files.readString(Checkout.root().resolve("packaging/systemd/" + name)));
        }
        Optional<Path> newer = Optional.of(NEWER).filter(root -> Files.isExecutable(root.resolve("usr/lib/systemd/systemd")));
        try (SystemdMachine machine = SystemdMachine.boot(scratch, units, newer)) {
            int version = Integer.parseInt(machine.run("systemctl", "--version").split(" ")[1]);
            assumeTrue(version >= FIRST_WITH_IT, "this systemd has no OpenFile=: " + version);
            machine.run("install", "-m", "755", scratch.file("shop-file", SHOP.formatted(Checkout.python())), "/usr/local/bin/shop-file");
            machine.run("install", "-m", "755", scratch.file("thaw", "#!/bin/bash\nexport THAW_NO_BUILD=1\nexec '" + Checkout.root() + "/thaw' \"$@\"\n"),
                    "/usr/local/bin/thaw");
            machine.run("install", "-d", "-m", "700", "/var/lib/shop-file");
            machine.run("touch", file("orders"), file("archive"), file("prices"));

            machine.run("systemctl", "start", "shop-file");
            int first = writtenUntilStopped(machine, "shop-file", "orders", 1);

            machine.run("mv", file("orders"), file("orders.1"));
            machine.run("touch", file("orders"));
            machine.run("systemctl", "start", "shop-file");
            int second = writtenUntilStopped(machine, "shop-file", "orders", first + 1);

            machine.run("systemctl", "start", "shop-file-restored");
            writtenUntilStopped(machine, "shop-file-restored", "archive", second + 1);
            assertEquals("", machine.run("cat", file("prices")));
            assertEquals(second, last(machine, "orders"), "nothing more in the file of before");
        }
    }

    private static String file(String name) {
        return "/var/lib/shop-file/" + name;
    }

    /** @return the last order in a file that begins with this one, once its service was stopped */
    private static int writtenUntilStopped(SystemdMachine machine, String unit, String name, int begin) {
        assertEquals("active", machine.property(unit, "ActiveState"), machine::journal);
        Await.value(() -> "orders in " + name + machine.journal(), LIMIT, () -> lines(machine, name).size() >= 3 ? Optional.of(true) : Optional.empty());
        machine.run("systemctl", "stop", unit);
        assertEquals("inactive", machine.property(unit, "ActiveState"), machine::journal);
        List<String> lines = lines(machine, name);
        assertEquals("order " + begin, lines.get(0), machine::journal);
        assertTrue(last(machine, name) == begin + lines.size() - 1, lines::toString);
        return last(machine, name);
    }

    private static int last(SystemdMachine machine, String name) {
        List<String> lines = lines(machine, name);
        return Integer.parseInt(lines.get(lines.size() - 1).substring("order ".length()));
    }

    private static List<String> lines(SystemdMachine machine, String name) {
        return machine.run("cat", file(name)).lines().toList();
    }
}
