package dev.thaw.linux.proc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.thaw.linux.ProcessCalls;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class CgroupMembershipTest {

    @Test
    void both_versions_and_controllers_mounted_together_are_read() {
        String text = "4:cpu,cpuacct:/a\n1:name=systemd:/user.slice/x:y\n0::/user.slice/session-1.scope (deleted)\n";
        assertEquals(List.of(
            new CgroupMembership(4, List.of("cpu", "cpuacct"), "/a"),
            new CgroupMembership(1, List.of("name=systemd"), "/user.slice/x:y"),
            new CgroupMembership(0, List.of(), "/user.slice/session-1.scope (deleted)")), CgroupMembership.parse(text));
        assertEquals(true, CgroupMembership.parse("0::/").get(0).isUnified());
    }

    @Test
    void a_process_in_no_hierarchy_has_none() {
        assertEquals(List.of(), CgroupMembership.parse(""));
    }

    @Test
    void other_text_is_refused() {
        assertThrows(IllegalArgumentException.class, () -> CgroupMembership.parse("4:cpu"));
    }

    @Test
    void our_own_place_is_told() {
        assertFalse(CgroupMembership.read(ProcessCalls.getpid()).isEmpty());
    }
}
