package dev.thaw.criu;

import java.util.List;

/**
 * Why criu failed, as its log tells.
 *
 * @param cause in plain words
 * @param advice what to do
 * @param lines the lines it was read from, as they stand in the log
 * @param lineNumber of the line that decided, from 1
 * @param rule name of the rule that knew it; empty when none did, and {@code cause} is criu's own text
 */
public record LogFinding(String cause, String advice, List<String> lines, int lineNumber, String rule) {
    public LogFinding {
        lines = List.copyOf(lines);
    }

    /** Whether a rule knew the cause. */
    public boolean known() {
        return !rule.isEmpty();
    }
}
