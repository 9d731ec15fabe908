package dev.thaw.report;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text of a DURATION: {@code 250ms}, {@code 1.5s}, {@code 2m}, {@code 1h}, {@code 1m30s}; a bare number is seconds. */
public final class Durations {
    private static final Pattern PART = Pattern.compile("(\\d{1,12}(?:\\.\\d{1,9})?)(ms|us|s|m|h|d)");
    private static final Pattern BARE = Pattern.compile("\\d{1,12}(?:\\.\\d{1,9})?");
    private static final Map<String, BigDecimal> NANOS = Map.of(
            "us", BigDecimal.valueOf(1_000L),
            "ms", BigDecimal.valueOf(1_000_000L),
            "s", BigDecimal.valueOf(1_000_000_000L),
            "m", BigDecimal.valueOf(60_000_000_000L),
            "h", BigDecimal.valueOf(3_600_000_000_000L),
            "d", BigDecimal.valueOf(86_400_000_000_000L));

    private Durations() {}

    /** @throws IllegalArgumentException with a text for the user */
    public static Duration parse(String text) {
        if (BARE.matcher(text).matches()) {
            return ofNanos(text, new BigDecimal(text).multiply(NANOS.get("s")));
        }
        Matcher part = PART.matcher(text);
        BigDecimal nanos = BigDecimal.ZERO;
        int end = 0;
        while (part.find() && part.start() == end) {
            nanos = nanos.add(new BigDecimal(part.group(1)).multiply(NANOS.get(part.group(2))));
            end = part.end();
        }
        if (text.isEmpty() || end != text.length()) {
            throw new IllegalArgumentException("'" + text + "' is no duration; for example 250ms, 5s, 1m30s or 1h");
        }
        return ofNanos(text, nanos);
    }

    /** The shortest text for a person: {@code 250 ms}, {@code 1.5 s}, {@code 2 min}. */
    public static String format(Duration duration) {
        long millis = duration.toMillis();
        if (millis < 1000) {
            return millis + " ms";
        }
        return millis < 120_000 ? shortNumber(millis, 1000) + " s" : shortNumber(millis, 60_000) + " min";
    }

    private static String shortNumber(long millis, long unitMillis) {
        long tenths = Math.round(millis * 10.0 / unitMillis);
        return tenths % 10 == 0 ? Long.toString(tenths / 10) : tenths / 10 + "." + tenths % 10;
    }

    private static Duration ofNanos(String text, BigDecimal nanos) {
        if (nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw new IllegalArgumentException("'" + text + "' is longer than 292 years");
        }
        return Duration.ofNanos(nanos.longValue());
    }
}
