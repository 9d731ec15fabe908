package dev.thaw.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class DurationsTest {

    @ParameterizedTest
    @CsvSource({"0, PT0S", "5, PT5S", "1.5, PT1.5S", "250ms, PT0.25S", "20us, PT0.00002S", "1m30s, PT1M30S", "2h, PT2H", "1d, PT24H", "0.5m, PT30S",
        "1h0m1s, PT1H1S"})
    void a_text_is_a_duration(String text, Duration expected) {
        assertEquals(expected, Durations.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "s", "5 s", "-1s", "1s x", "x1s", "5sec", "1,5s", ".5s", "1e3"})
    void another_text_is_none_and_is_quoted(String text) {
        assertEquals("'" + text + "' is no duration; for example 250ms, 5s, 1m30s or 1h",
                assertThrows(IllegalArgumentException.class, () -> Durations.parse(text)).getMessage());
    }

    @Test
    void what_no_clock_counts_is_refused() {
        assertEquals("'999999999999d' is longer than 292 years",
                assertThrows(IllegalArgumentException.class, () -> Durations.parse("999999999999d")).getMessage());
    }

    @ParameterizedTest
    @CsvSource({"0, 0 ms", "999, 999 ms", "1000, 1 s", "1500, 1.5 s", "1949, 1.9 s", "119999, 120 s", "120000, 2 min", "150000, 2.5 min"})
    void a_duration_is_told_in_few_digits(long millis, String expected) {
        assertEquals(expected, Durations.format(Duration.ofMillis(millis)));
    }
}
