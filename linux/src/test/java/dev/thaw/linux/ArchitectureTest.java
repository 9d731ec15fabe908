package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class ArchitectureTest {

    @Test
    void both_architectures_are_known_by_the_names_of_the_JVM() {
        assertEquals(Architecture.X86_64, Architecture.of("amd64"));
        assertEquals(Architecture.AARCH64, Architecture.of("aarch64"));
    }

    @Test
    void another_one_is_refused_by_name() {
        assertEquals("thaw knows x86-64 and aarch64, not riscv64",
            assertThrows(UnsupportedOperationException.class, () -> Architecture.of("riscv64")).getMessage());
    }
}
