package dev.thaw.linux.proc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.ProcessCalls;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class ProcessStatTest {

    private static final String REST = " Z 17 4021 4020 34816 4022 4194560 189 0 0 0 1 2 3 4 20 0 7 0 8835331 2703360 389 "
        + "18446744073709551615 1 2 3 4 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 1 2 3 4 5 6 7 5888\n";

    @ParameterizedTest
    @ValueSource(strings = {"sh", "a b", "(sd-pam)", "x) S 1 (y", "", ")", "two\nlines"})
    void any_name_may_stand_between_the_parentheses(String comm) {
        ProcessStat expected = new ProcessStat(4021, comm, 'Z', 17, 4021, 4020, 34816, 4022, 8835331, 7, 5888);
        assertEquals(expected, ProcessStat.parse("4021 (" + comm + ")" + REST));
        assertTrue(expected.isZombie());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "12", "12 (x", "12 (x)", "12 (x) S", "12 (x) S 1 2 3"})
    void other_text_is_refused(String text) {
        assertThrows(IllegalArgumentException.class, () -> ProcessStat.parse(text));
    }

    @Test
    void we_are_described_as_the_kernel_tells_us_otherwise() {
        int pid = ProcessCalls.getpid();
        ProcessStat stat = ProcessStat.read(pid).orElseThrow();
        assertEquals(pid, stat.pid());
        assertEquals(ProcessCalls.getsid(0), stat.session());
        assertEquals(ProcessCalls.getpgid(0), stat.processGroup());
        assertEquals((int) ProcessHandle.current().parent().orElseThrow().pid(), stat.parentPid());
        Duration difference = Duration.between(ProcessHandle.current().info().startInstant().orElseThrow(), stat.started());
        assertTrue(difference.abs().compareTo(Duration.ofSeconds(2)) < 0, difference.toString());
    }

    @Test
    void a_process_that_is_not_there_is_empty() {
        assertEquals(Optional.empty(), ProcessStat.read(Integer.MAX_VALUE));
    }
}
