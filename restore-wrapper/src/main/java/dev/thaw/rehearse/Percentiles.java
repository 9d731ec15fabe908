package dev.thaw.rehearse;

import java.util.Arrays;

/**
 * What a row of measurements comes to, by the nearest-rank method: each is one of the values.
 *
 * @param p50 half of the values are no larger
 */
public record Percentiles(long min, long p50, long p90, long p99, long max) {
    /** @throws IllegalArgumentException when there is nothing to sort */
    public static Percentiles of(long... values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("no values");
        }
        long[] sorted = values.clone();
        Arrays.sort(sorted);
        return new Percentiles(sorted[0], at(sorted, 50), at(sorted, 90), at(sorted, 99), sorted[sorted.length - 1]);
    }

    private static long at(long[] sorted, int percent) {
        return sorted[(sorted.length * percent + 99) / 100 - 1];
    }
}
