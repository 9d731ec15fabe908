package dev.thaw.criu;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A release of criu. Versions without a third number, as 4.2, have patch 0. */
public record CriuVersion(int major, int minor, int patch) implements Comparable<CriuVersion> {
    private static final int MOST_DIGITS = 4;

    /** @param output what {@code criu --version} prints, or a log of criu's; empty when no version is in it */
    public static Optional<CriuVersion> parse(String output) {
        // In a log the line has a time in front.
        Matcher version = Pattern.compile("(?m)^Version:\\s*(\\d{1,4})\\.(\\d{1,4})(?:\\.(\\d{1,4}))?").matcher(output.replaceAll("(?m)^\\(\\d+\\.\\d+\\)\\s+", ""));
        if (!version.find()) {
            return Optional.empty();
        }
        String patch = version.group(3);
        return Optional.of(new CriuVersion(
                Integer.parseInt(version.group(1)), Integer.parseInt(version.group(2)), patch == null ? 0 : Integer.parseInt(patch)));
    }

    /** @param text as {@link #toString} makes it; read without a regular expression, as each restore does it twice. Empty for any other text */
    public static Optional<CriuVersion> ofText(String text) {
        int[] numbers = new int[3];
        int count = 0;
        int start = 0;
        while (count < numbers.length && start <= text.length()) {
            int point = text.indexOf('.', start);
            int end = point < 0 ? text.length() : point;
            if (end == start || end - start > MOST_DIGITS) {
                return Optional.empty();
            }
            for (int at = start; at < end; at++) {
                int digit = text.charAt(at) - '0';
                if (digit < 0 || digit > 9) {
                    return Optional.empty();
                }
                numbers[count] = numbers[count] * 10 + digit;
            }
            count++;
            start = end + 1;
        }
        return count < 2 || start <= text.length() ? Optional.empty() : Optional.of(new CriuVersion(numbers[0], numbers[1], numbers[2]));
    }

    public boolean atLeast(int wantedMajor, int wantedMinor) {
        return compareTo(new CriuVersion(wantedMajor, wantedMinor, 0)) >= 0;
    }

    @Override
    public int compareTo(CriuVersion other) {
        // Not by a Comparator: its lambdas are in no class archive.
        int byMajor = Integer.compare(major, other.major);
        int byMinor = byMajor != 0 ? byMajor : Integer.compare(minor, other.minor);
        return byMinor != 0 ? byMinor : Integer.compare(patch, other.patch);
    }

    /** As criu writes it: {@code 4.2}, {@code 4.2.1}. */
    @Override
    public String toString() {
        return major + "." + minor + (patch == 0 ? "" : "." + patch);
    }
}
