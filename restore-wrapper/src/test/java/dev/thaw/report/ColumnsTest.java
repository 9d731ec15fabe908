package dev.thaw.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class ColumnsTest {
    private static final List<List<String>> ROWS = List.of(
            List.of("FD", "WHAT", "ACCESS", "END"),
            List.of("0", "/dev/null", "read", ""),
            List.of("11", "/a/path/that/is/rather/long", "write", "pid 5"),
            List.of("12", "/another/path/that/is/long", "", ""));

    @Test
    void each_column_is_as_wide_as_its_widest_word() {
        assertEquals("""
                 FD  WHAT                         ACCESS  END
                 0   /dev/null                    read
                 11  /a/path/that/is/rather/long  write   pid 5
                 12  /another/path/that/is/long
                """, Columns.of(" ", ROWS, 0));
        assertEquals(Columns.of(" ", ROWS, 0), Columns.of(" ", ROWS, 47));
    }

    @Test
    void in_a_narrow_terminal_what_follows_a_long_word_is_below_it() {
        assertEquals("""
                 FD  WHAT       ACCESS  END
                 0   /dev/null  read
                 11  /a/path/that/is/rather/long
                                write   pid 5
                 12  /another/path/that/is/long
                """, Columns.of(" ", ROWS, 40));
    }
}
