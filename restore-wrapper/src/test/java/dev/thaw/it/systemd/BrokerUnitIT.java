package dev.thaw.it.systemd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.Checkout;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.RequiresTool;
import dev.thaw.it.Scratch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** packaging/systemd/thaw-broker.* under a real systemd: socket activation, Type=notify, its descriptor store. */
@IntegrationTest
@RequiresRoot
@RequiresTool({"systemctl", "journalctl", "nsenter", "unshare"})
@Timeout(180)
class BrokerUnitIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String SOCKET = "/run/thaw-broker/socket";

    @Test
    void what_the_broker_keeps_survives_its_restart_and_its_death(Scratch scratch) throws IOException {
        Map<String, String> units = new TreeMap<>();
        for (String name : new String[] {"thaw-broker.socket", "thaw-broker.service"}) {
            units.put(name, Files.readString(Checkout.root().resolve("packaging/systemd/" + name)));
        }
        try (SystemdMachine machine = SystemdMachine.boot(scratch, units)) {
            Path thaw = Path.of(scratch.path("thaw"));
            Files.writeString(thaw, "#!/bin/bash\nexport THAW_NO_BUILD=1\nexec '" + Checkout.root() + "/thaw' \"$@\"\n");
            machine.run("install", "-m", "755", thaw.toString(), "/usr/local/bin/thaw");
            machine.run("systemctl", "start", "thaw-broker.socket");
            assertEquals("inactive", machine.property("thaw-broker", "ActiveState"), "nobody has asked yet");

            machine.run("thaw", "broker", "store", "--socket", SOCKET, "pipe:x", "--pipe");
            assertEquals("active", machine.property("thaw-broker", "ActiveState"));
            assertTrue(machine.property("thaw-broker", "StatusText").startsWith("listening at"));
            machine.run("thaw", "broker", "retrieve", "--socket", SOCKET, "pipe:x:write", "--", "/bin/sh", "-c", "echo kept >&3");
            machine.run("systemctl", "restart", "thaw-broker");
            machine.run("thaw", "broker", "store", "--socket", SOCKET, "listener:y", "--listen", "tcp:127.0.0.1:0");
            machine.run("thaw", "broker", "delete", "--socket", SOCKET, "pipe:x:write");

            machine.run("systemctl", "kill", "-s", "KILL", "thaw-broker");
            Await.until("a restart after its death", LIMIT, () -> !machine.property("thaw-broker", "NRestarts").equals("0")
                    && machine.property("thaw-broker", "ActiveState").equals("active"));
            String listed = machine.run("thaw", "broker", "list", "--socket", SOCKET);
            assertTrue(listed.contains("listener:y") && listed.contains("pipe:x:read") && !listed.contains("pipe:x:write"), listed);
            assertEquals("kept", machine.run("thaw", "broker", "retrieve", "--socket", SOCKET, "pipe:x:read", "--", "/bin/sh", "-c", "head -n 1 <&3").strip(),
                    "the same pipe, with what is in it");
            machine.run("systemctl", "reload", "thaw-broker");
            machine.run("systemctl", "stop", "thaw-broker.socket", "thaw-broker");
            assertEquals("inactive", machine.property("thaw-broker", "ActiveState"));
        }
    }
}
