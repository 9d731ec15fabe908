package dev.thaw.fdbroker.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class FdNameTest {
    @Test
    void a_name_has_1_to_255_bytes_not_characters() {
        assertEquals("a name has 1 to 255 bytes, this one 0", assertThrows(IllegalArgumentException.class, () -> new FdName("")).getMessage());
        assertEquals(255, new FdName("x".repeat(255)).text().length());
        assertThrows(IllegalArgumentException.class, () -> new FdName("x".repeat(256)));
        assertThrows(IllegalArgumentException.class, () -> new FdName("\u00e4".repeat(128)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb", "\0", "a\u007f", "\u001b[31m"})
    void a_name_has_no_control_characters(String text) {
        assertThrows(IllegalArgumentException.class, () -> new FdName(text));
    }

    @Test
    void the_ends_of_a_pipe_have_names_that_tell() {
        assertEquals("pipe:log:read", new FdName("pipe:log").readEnd().text());
        assertEquals("pipe:log:write", new FdName("pipe:log").writeEnd().text());
        assertThrows(IllegalArgumentException.class, () -> new FdName("x".repeat(250)).writeEnd());
    }
}
