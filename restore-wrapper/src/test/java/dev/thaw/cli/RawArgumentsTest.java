package dev.thaw.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.linux.KernelString;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class RawArgumentsTest {

    @Test
    void arguments_of_ascii_are_taken_as_they_come() {
        assertEquals(List.of("run", "--", "", "echo"), RawArguments.of(new String[] {"run", "--", "", "echo"}));
        assertEquals(List.of(), RawArguments.of(new String[0]));
    }

    @Test
    void the_last_ones_are_the_programs_and_keep_every_byte() {
        byte[] line = "java\0-cp\0x.jar\0Main\0run\0\0gr\u00fc\u00df\0".getBytes(StandardCharsets.ISO_8859_1);
        List<String> last = RawArguments.last(3, line);
        assertEquals(List.of("run", ""), last.subList(0, 2));
        assertArrayEquals("gr\u00fc\u00df".getBytes(StandardCharsets.ISO_8859_1), KernelString.encode(last.get(2)));
    }

    @Test
    void none_is_none() {
        assertEquals(List.of(), RawArguments.last(0, "java\0Main\0".getBytes(StandardCharsets.US_ASCII)));
    }
}
