package dev.thaw.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class PidRoomTest {
    private static final int MAX = 32768;

    @Test
    void the_counter_stays_when_the_image_lies_behind_or_far_ahead() {
        assertEquals(OptionalInt.empty(), PidRoom.next(5000, MAX, List.of(100, 200)));
        assertEquals(OptionalInt.empty(), PidRoom.next(5000, MAX, List.of(9000)));
    }

    @Test
    void it_goes_behind_all_that_lies_just_ahead() {
        assertEquals(OptionalInt.of(5010), PidRoom.next(5000, MAX, List.of(5005, 5010)));
    }

    @Test
    void a_gap_too_small_for_criu_and_others_is_no_place() {
        assertEquals(OptionalInt.of(5700), PidRoom.next(5000, MAX, List.of(5300, 5700)));
    }

    @Test
    void it_starts_low_again_where_no_room_is_left_above() {
        assertEquals(OptionalInt.of(300), PidRoom.next(32500, MAX, List.of(32510)));
        assertEquals(OptionalInt.of(310), PidRoom.next(32500, MAX, List.of(310, 32510)));
    }
}
