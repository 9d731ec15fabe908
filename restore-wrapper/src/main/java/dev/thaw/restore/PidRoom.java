package dev.thaw.restore;

import java.util.List;
import java.util.OptionalInt;

/**
 * Where the next pids should come from, so that none of the image's is given to criu, its helpers or a thread of thaw's meanwhile: the kernel
 * counts upwards (proc(5), ns_last_pid). Pure.
 */
final class PidRoom {
    /** As many as criu, its helpers and a few others may take meanwhile. */
    static final int MARGIN = 512;
    /** Where the kernel goes on after the highest pid (kernel/pid.c, RESERVED_PIDS). */
    private static final int FIRST_AFTER_WRAP = 300;

    private PidRoom() {}

    /**
     * @param last pid that was handed out
     * @param max pid_max
     * @param numbers of the image, ascending
     * @return the number to count on from; empty when none of the image lies ahead, or there is no room anywhere
     */
    static OptionalInt next(int last, int max, List<Integer> numbers) {
        OptionalInt ahead = room(last, max, numbers);
        if (ahead.isPresent()) {
            return ahead.getAsInt() == last ? OptionalInt.empty() : ahead;
        }
        return room(FIRST_AFTER_WRAP, max, numbers);
    }

    /** The lowest number from {@code start} on with a margin of free ones behind it. */
    private static OptionalInt room(int start, int max, List<Integer> numbers) {
        int floor = start;
        for (int number : numbers) {
            if (number > floor && number <= floor + MARGIN) {
                floor = number;
            }
        }
        return floor + MARGIN < max ? OptionalInt.of(floor) : OptionalInt.empty();
    }
}
