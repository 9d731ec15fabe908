package dev.thaw.rehearse;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.rehearse.Continuity.Kind;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class ContinuityTest {
    @ParameterizedTest
    @CsvSource({
        "'beat 1;beat 2;beat 3;', 'beat 4;beat 5;', CONTINUOUS",
        "'beat 1;beat 2;beat 3;', 'beat 5;', BROKEN",
        "'beat 1;beat 2;beat 3;', 'beat 3;beat 4;', BROKEN",
        "'beat 1;beat 2;beat 3;', 'oops;', BROKEN",
        "'beat 1;beat 2;beat 3;', '', SILENT",
        "'beat 1;beat 2;beat 3;', 'beat 4', SILENT",
        "'beat 1;beat 2;beat 3;bea', 't 4;', CONTINUOUS",
        "'beat 1;beat 2;', 'beat 3;', UNCOUNTED",
        "'listening on 80;ready;go;', 'request 1;', UNCOUNTED",
        "'', 'x;', UNCOUNTED"})
    void what_the_lines_tell(String before, String after, Kind kind) {
        String text = (before + after).replace(';', '\n');
        assertEquals(kind, Continuity.of(text, before.length()).kind());
    }

    @Test
    void it_says_where_it_breaks() {
        assertEquals("after line 3 came: beat 5", Continuity.of("1\n2\n3\nbeat 5\n", 6).text());
    }
}
