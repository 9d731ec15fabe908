package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.thaw.junit.Application;
import dev.thaw.junit.Applications;
import dev.thaw.junit.RestoreTest;
import dev.thaw.junit.Restored;
import org.junit.jupiter.api.Test;

@RestoreTest
class CounterRestoreTest {
    @Test
    void counts_on_after_a_restore(Applications applications) {
        Application counter = applications.start("python3", "-u", "counter.py");
        counter.awaitOutput("count 3\n");

        Restored restored = counter.checkpoint().restore();

        int last = counter.output().lines().toList().size();
        restored.awaitOutput("count " + (last + 1) + "\n");
        assertFalse(restored.output().contains("count " + last + "\n"), "a line that was written before comes again");
        assertEquals(counter.pid(), restored.pid());
        assertEquals(143, restored.terminate());
    }
}
