package dev.thaw.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What thaw suggests for a command that it does not have. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class NearNameTest {
    @ParameterizedTest
    @CsvSource({"restor,restore", "chekcpoint,checkpoint", "checkpiont,checkpoint", "runn,run", "brokr,broker", "inspects,inspect"})
    void a_misspelt_command_is_recognized(String word, String meant) {
        assertEquals(Optional.of(meant), NearName.of(word, Main.commands().keySet()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"frobnicate", "x", "", "ls", "start", "freeze"})
    void what_is_far_from_each_is_not_guessed_at(String word) {
        assertEquals(Optional.empty(), NearName.of(word, Main.commands().keySet()));
    }

    @Test
    void each_inserted_removed_or_replaced_letter_counts() {
        assertEquals(0, NearName.distance("plan", "plan"));
        assertEquals(3, NearName.distance("kitten", "sitting"));
        assertEquals(4, NearName.distance("", "plan"));
    }
}
