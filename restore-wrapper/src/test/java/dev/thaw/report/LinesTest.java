package dev.thaw.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.TerminalCalls;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class LinesTest {
    @Test
    void prose_is_broken_at_blanks_and_a_long_word_stays_whole() {
        assertEquals(List.of("one two", "three four", "five"), Lines.ofProse("one two three four five", 8, 10));
        assertEquals(List.of("a", "/very/long/path/to/be/copied", "b"), Lines.ofProse("a /very/long/path/to/be/copied b", 10, 10));
        assertEquals(List.of(""), Lines.ofProse("", 10, 10));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "thaw restore --map 'pipe:[1]=append:FILE' IMAGE | thaw restore --map 'pipe:[1]=append:FILE' IMAGE",
        "thaw restore --stdin pty IMAGE, or --map a=b | thaw restore --stdin pty IMAGE,#or --map a=b",
        "run it: sh -c 'first a; then b, and c' | run it:#sh -c 'first a; then b, and c'",
        "it's criu's: end it, that's all there is | it's criu's: end it,#that's all there is",
        "take it out (see docs/x.md) | take it out#(see docs/x.md)"})
    void a_remedy_is_broken_where_a_part_of_it_ends_and_never_within_a_command(String text, String expected) {
        assertEquals(List.of(expected.split("#")), Lines.ofRemedy(text, 20, 20));
    }

    @Test
    void the_width_is_that_of_the_terminal_but_not_beyond_100_and_0_elsewhere() {
        try (TerminalCalls.PseudoTerminal terminal = TerminalCalls.openPseudoTerminal();
                OwnedFd nothing = FileCalls.open("/dev/null", OpenFlags.O_WRONLY)) {
            int fd = terminal.master().number();
            for (int[] width : new int[][] {{0, 0}, {80, 80}, {100, 100}, {250, 100}, {7, 40}}) {
                TerminalCalls.setWindowSize(fd, new TerminalCalls.WindowSize(24, width[0], 0, 0));
                assertEquals(width[1], Lines.ofTerminal(fd));
            }
            assertEquals(0, Lines.ofTerminal(nothing.number()));
        }
    }
}
