package dev.thaw.report;

import java.time.Duration;

/** The text of a DURATION: {@code 250ms}, {@code 1.5s}, {@code 2m}, {@code 1h}, {@code 1m30s}; a bare number is seconds. */
public final class Durations {
    private static final int MOST_DIGITS = 12;
    private static final int MOST_DECIMALS = 9;

    private Durations() {}

    /**
     * By hand: a restore reads one, and the JVM makes regular expressions and decimal numbers for longer than criu needs to start.
     *
     * @throws IllegalArgumentException with a text for the user
     */
    public static Duration parse(String text) {
        long nanos = 0;
        int at = 0;
        try {
            while (at == 0 || at < text.length()) {
                int point = digitsEnd(text, at, MOST_DIGITS);
                int number = point < text.length() && text.charAt(point) == '.' ? digitsEnd(text, point + 1, MOST_DECIMALS) : point;
                int unit = number;
                while (unit < text.length() && text.charAt(unit) >= 'a') {
                    unit++;
                }
                boolean bare = at == 0 && number == text.length();
                long scale = scale(bare ? "s" : text.substring(number, unit));
                if (scale == 0) {
                    throw new NumberFormatException();
                }
                long whole = Math.multiplyExact(Long.parseLong(text.substring(at, point)), scale);
                nanos = Math.addExact(nanos, Math.addExact(whole, number == point ? 0 : decimals(text.substring(point + 1, number), scale)));
                at = unit;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + text + "' is no duration; for example 250ms, 5s, 1m30s or 1h", e);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("'" + text + "' is longer than 292 years", e);
        }
        return Duration.ofNanos(nanos);
    }

    /** Behind the digits from {@code start} on, of which there has to be one. */
    private static int digitsEnd(String text, int start, int most) {
        int end = start;
        while (end < text.length() && end - start < most && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
            end++;
        }
        if (end == start) {
            throw new NumberFormatException();
        }
        return end;
    }

    /** Nanoseconds of the unit; 0 for what is none. */
    private static long scale(String unit) {
        switch (unit) {
            case "us":
                return 1_000L;
            case "ms":
                return 1_000_000L;
            case "s":
                return 1_000_000_000L;
            case "m":
                return 60_000_000_000L;
            case "h":
                return 3_600_000_000_000L;
            case "d":
                return 86_400_000_000_000L;
            default:
                return 0;
        }
    }

    /** Nanoseconds of the digits behind a point; what is less than one is cut off. */
    private static long decimals(String digits, long scale) {
        long nanos = 0;
        long place = scale;
        for (int i = 0; i < digits.length(); i++) {
            // Each of the units can be divided by ten three times and more; below that a digit is less than a nanosecond.
            place /= 10;
            nanos += (digits.charAt(i) - '0') * place;
        }
        return nanos;
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
}
