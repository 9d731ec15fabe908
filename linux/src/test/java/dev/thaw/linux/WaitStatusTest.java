package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class WaitStatusTest {

    @Test
    void a_raw_status_holds_the_exit_code_or_the_signal() {
        assertEquals(new WaitStatus.Exited(0), WaitStatus.ofRaw(0));
        assertEquals(new WaitStatus.Exited(255), WaitStatus.ofRaw(0xff00));
        assertEquals(new WaitStatus.Signaled(15, false), WaitStatus.ofRaw(15));
        assertEquals(new WaitStatus.Signaled(11, true), WaitStatus.ofRaw(0x80 | 11));
        assertThrows(IllegalArgumentException.class, () -> WaitStatus.ofRaw(0x137f));
    }

    @Test
    void the_code_of_a_signal_is_that_of_a_shell() {
        assertEquals(23, new WaitStatus.Exited(23).exitCode());
        assertEquals(143, new WaitStatus.Signaled(15, false).exitCode());
    }
}
