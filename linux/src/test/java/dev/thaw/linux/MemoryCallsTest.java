package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayNameGeneration(ReplaceUnderscores.class)
@Timeout(60)
class MemoryCallsTest {
    @Test
    void program_runs_on_without_the_pages_that_were_dropped() {
        // Of libjvm.so alone some megabytes are resident; they come back as this goes on.
        for (int i = 0; i < 3; i++) {
            assertTrue(MemoryCalls.dropCleanFilePages() > 500_000);
        }
    }
}
