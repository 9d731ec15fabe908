package dev.thaw.rehearse;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether a stream goes on after a restore as if nothing had happened. A program that counts in its output, as most heartbeats and request logs
 * do, tells by itself: its numbers go on with the next one. Pure.
 *
 * @param kind what can be said
 * @param text for people
 */
public record Continuity(Kind kind, String text) {
    /** See {@link Continuity}. */
    public enum Kind {
        /** Its lines are counted, and none is missing or there twice. */
        CONTINUOUS,
        /** Its lines are counted, and one is missing, there twice or torn. */
        BROKEN,
        /** Its lines were counted, and it has not written one since. */
        SILENT,
        /** It does not count: nothing can be said but how much came. */
        UNCOUNTED
    }

    private static final Pattern NUMBER = Pattern.compile("(?<![0-9])[0-9]{1,18}(?![0-9])");
    private static final int ENOUGH = 3;

    /**
     * @param text all that came, before and after
     * @param mark how many chars of it came before
     */
    public static Continuity of(String text, int mark) {
        List<String> lines = completeLines(text);
        int before = completeLines(text.substring(0, mark)).size();
        if (!counts(lines.subList(0, before))) {
            return new Continuity(Kind.UNCOUNTED, mark + " chars before, " + (text.length() - mark) + " after");
        }
        long last = number(lines.get(before - 1)).getAsLong();
        if (lines.size() == before) {
            return new Continuity(Kind.SILENT, "line " + last + " was the last before, and none came after");
        }
        long expected = last + 1;
        for (String line : lines.subList(before, lines.size())) {
            OptionalLong found = number(line);
            if (found.isEmpty() || found.getAsLong() != expected) {
                return new Continuity(Kind.BROKEN, "after line " + (expected - 1) + " came: " + line);
            }
            expected++;
        }
        return new Continuity(Kind.CONTINUOUS, "line " + last + " was the last before, " + (last + 1) + " the first after, none lost, none doubled");
    }

    /** Whether the last lines have numbers that rise by one. */
    static boolean counts(List<String> lines) {
        if (lines.size() < ENOUGH) {
            return false;
        }
        for (int i = lines.size() - ENOUGH + 1; i < lines.size(); i++) {
            OptionalLong earlier = number(lines.get(i - 1));
            OptionalLong later = number(lines.get(i));
            if (earlier.isEmpty() || later.isEmpty() || later.getAsLong() != earlier.getAsLong() + 1) {
                return false;
            }
        }
        return true;
    }

    /** Without what has no line break yet. */
    static List<String> completeLines(String text) {
        List<String> lines = new ArrayList<>();
        int from = 0;
        for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
            lines.add(text.substring(from, end).stripTrailing());
            from = end + 1;
        }
        return lines;
    }

    private static OptionalLong number(String line) {
        Matcher matcher = NUMBER.matcher(line);
        return matcher.find() ? OptionalLong.of(Long.parseLong(matcher.group())) : OptionalLong.empty();
    }
}
