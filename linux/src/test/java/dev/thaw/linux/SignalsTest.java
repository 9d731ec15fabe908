package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.OptionalInt;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class SignalsTest {

    @ParameterizedTest
    @CsvSource({"1,SIGHUP", "15,SIGTERM", "31,SIGSYS", "34,SIGRTMIN", "36,SIGRTMIN+2", "64,SIGRTMAX", "32,signal 32", "0,signal 0",
        "99,signal 99"})
    void a_signal_has_its_name(int signal, String name) {
        assertEquals(name, Signals.name(signal));
    }

    @ParameterizedTest
    @CsvSource({"SIGTERM,15", "term,15", "Kill,9", "RTMIN+2,36", "SIGRTMAX-1,63", "POLL,29", "17,17"})
    void a_name_is_understood_with_or_without_its_prefix_and_in_any_case(String name, int signal) {
        assertEquals(OptionalInt.of(signal), Signals.number(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "SIG", "TERMINATE", "0", "65", "32", "RTMIN+99", "-1"})
    void what_is_no_signal_is_empty(String name) {
        assertEquals(OptionalInt.empty(), Signals.number(name));
    }

    @Test
    void every_name_leads_back_to_its_number() {
        for (int signal = 1; signal <= Signals.SIGRTMAX; signal++) {
            if (signal != 32 && signal != 33) {
                assertEquals(OptionalInt.of(signal), Signals.number(Signals.name(signal)));
            }
        }
    }
}
