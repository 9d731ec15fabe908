package dev.thaw.linux.proc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class StatusFileTest {

    private static final StatusFile STATUS = StatusFile.parse("""
        Name:\ta: b\\n
        Uid:\t1000\t1001\t1002\t4294967295
        Gid:\t5\t6\t7\t8
        NSpid:\t4021\t17\t1
        SigBlk:\t0000000000000004
        SigIgn:\t8000000180001000
        SigCgt:\t0000000000000000
        CapPrm:\tffffffffffffffff
        CapEff:\t000001ffffffffff
        NoNewPrivs:\t1
        Seccomp:\t2
        """);

    @Test
    void fields_are_read_by_name() {
        assertEquals("a: b\\n", STATUS.field("Name"));
        assertEquals(List.of(1000, 1001, 1002, -1), STATUS.uids());
        assertEquals(1000, STATUS.uid());
        assertEquals(5, STATUS.gid());
        assertEquals(List.of(4021, 17, 1), STATUS.nsPid());
        assertEquals(0x1ffffffffffL, STATUS.capEff());
        assertEquals(-1L, STATUS.capPrm());
        assertEquals(2, STATUS.seccomp());
        assertTrue(STATUS.noNewPrivs());
    }

    @Test
    void signal_masks_become_sets_of_numbers() {
        assertEquals(Set.of(3), STATUS.blockedSignals());
        assertEquals(Set.of(13, 32, 33, 64), STATUS.ignoredSignals());
        assertEquals(Set.of(), STATUS.caughtSignals());
    }

    @Test
    void a_field_that_is_not_there_is_named() {
        assertEquals("no NSpid in /proc/PID/status",
            assertThrows(IllegalArgumentException.class, () -> StatusFile.parse("Name:\tx\n").nsPid()).getMessage());
    }

    @Test
    void a_real_process_has_all_of_them() {
        StatusFile status = StatusFile.read(ProcessCalls.getpid());
        assertEquals(ProcessCalls.getpid(), status.nsPid().get(0));
        assertTrue(status.seccomp() >= 0);
        assertThrows(LinuxException.class, () -> StatusFile.read(Integer.MAX_VALUE));
    }
}
