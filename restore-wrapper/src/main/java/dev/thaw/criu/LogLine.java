package dev.thaw.criu;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One line of criu's, taken apart.
 *
 * @param number in the log, from 1
 * @param raw as it stands there
 * @param pid of the process that said it, as the image numbers it; 0 for criu itself, and where the line does not tell
 * @param text without time, pid, level and source position
 */
record LogLine(int number, String raw, int pid, Level level, String text) {
    /** {@code (00.090144) pie: 4021: Error (criu/pie/restorer.c:1893): what happened}; all but the text may be absent. */
    private static final Pattern FORM = Pattern.compile(
            "(?<time>\\(\\d+\\.\\d+\\))?\\s*(?<pie>pie: *)?(?:(?<pid>\\d{1,9}): *)?"
                    + "(?:(?<level>Error|Warn) *(?:\\([^()]*:\\d+\\))?: *)?(?<text>.*)",
            Pattern.DOTALL);

    enum Level {
        ERROR,
        WARNING,
        DETAIL,
        /** No time and no level: printed by criu's options parser, or by a program that criu started. */
        UNMARKED
    }

    static LogLine parse(int number, String raw) {
        Matcher form = FORM.matcher(raw);
        if (!form.matches()) {
            return new LogLine(number, raw, 0, Level.UNMARKED, raw);
        }
        return new LogLine(number, raw, form.group("pid") == null ? 0 : Integer.parseInt(form.group("pid")), level(form), form.group("text"));
    }

    private static Level level(Matcher form) {
        if (form.group("level") == null) {
            // What criu's code inside the dumped process says ("pie") has a time at a restore only.
            return form.group("time") == null && form.group("pie") == null ? Level.UNMARKED : Level.DETAIL;
        }
        return form.group("level").equals("Error") ? Level.ERROR : Level.WARNING;
    }
}
