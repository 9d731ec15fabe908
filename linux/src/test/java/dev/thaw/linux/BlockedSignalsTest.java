package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayNameGeneration(ReplaceUnderscores.class)
@Timeout(60)
class BlockedSignalsTest {
    @Test
    void blocked_signal_waits_until_it_is_taken() {
        assertFalse(BlockedSignals.current().contains(Signals.SIGURG));
        SignalMask mask = SignalMask.blocking(Signals.SIGURG);
        try {
            assertTrue(BlockedSignals.current().contains(Signals.SIGURG));
            // To this thread: any other one would ignore it.
            ProcessCalls.C.raise(Signals.SIGURG);
            assertEquals(Signals.SIGURG, BlockedSignals.await(Set.of(Signals.SIGURG, Signals.SIGUSR2)));
        } finally {
            mask.close();
        }
        assertFalse(BlockedSignals.current().contains(Signals.SIGURG));
    }
}
