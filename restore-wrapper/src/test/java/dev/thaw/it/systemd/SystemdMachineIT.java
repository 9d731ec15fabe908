package dev.thaw.it.systemd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.IntegrationTest;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.RequiresTool;
import dev.thaw.it.Scratch;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.ProcessTable;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The machine of the tests itself, where it does not come up. */
@IntegrationTest
@RequiresRoot
@RequiresTool({"systemctl", "nsenter", "unshare"})
@Timeout(120)
class SystemdMachineIT {
    @Test
    void a_machine_that_does_not_come_up_says_why_and_leaves_nothing(Scratch scratch) {
        scratch.directory("broken");
        scratch.directory("broken/usr");
        scratch.directory("broken/usr/lib");
        scratch.directory("broken/usr/lib/systemd");
        scratch.file("broken/usr/lib/systemd/systemd", "no program");
        List<Integer> before = ProcessTable.children(ProcessCalls.getpid());
        AssertionError failed = assertThrows(AssertionError.class,
                () -> SystemdMachine.boot(scratch, Map.of("none.target", "[Unit]\n"), Optional.of(Path.of(scratch.path("broken")))));
        assertTrue(failed.getMessage().contains("the machine did not come up: "), failed::getMessage);
        assertEquals(before, ProcessTable.children(ProcessCalls.getpid()));
    }
}
