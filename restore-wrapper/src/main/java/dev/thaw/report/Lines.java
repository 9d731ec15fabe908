package dev.thaw.report;

import dev.thaw.linux.LinuxException;
import dev.thaw.linux.TerminalCalls;
import java.util.ArrayList;
import java.util.List;

/** Texts in lines that a terminal shows whole. */
public final class Lines {
    /** As wide as any line is made, where its text allows that. */
    public static final int COLUMNS = 100;

    private static final int NARROWEST = 40;

    private Lines() {}

    /** The columns of the terminal that this descriptor is, at most {@link #COLUMNS}; 0 when it is none, or one of unknown size. */
    public static int ofTerminal(int fd) {
        try {
            int columns = TerminalCalls.isTerminal(fd) ? TerminalCalls.windowSize(fd).columns() : 0;
            return columns == 0 ? 0 : Math.max(NARROWEST, Math.min(COLUMNS, columns));
        } catch (LinuxException hungUp) {
            return 0;
        }
    }

    /**
     * Breaks prose at blanks. A word longer than a line stays whole: a path must be there to be copied.
     *
     * @param first columns of the first line
     * @param others columns of the others
     */
    public static List<String> ofProse(String text, int first, int others) {
        return filled(List.of(text.split("(?<= )")), first, others);
    }

    /**
     * Breaks a remedy, but only where a sentence or a part of it ends. A command in it stays on one line, however long: broken in two it could not be copied
     * to the prompt, while a terminal that wraps it by itself copies it whole.
     */
    public static List<String> ofRemedy(String text, int first, int others) {
        List<String> parts = new ArrayList<>();
        int begin = 0;
        int quoted = -1;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (i <= quoted) {
                continue;
            }
            if ((c == '\'' || c == '"') && (i == 0 || " =(".indexOf(text.charAt(i - 1)) >= 0)) {
                quoted = text.indexOf(c, i + 1); // an apostrophe without a partner is -1, and quotes nothing
            } else if (c == ' ' && i > 0 && (",;:.".indexOf(text.charAt(i - 1)) >= 0 || text.startsWith("(", i + 1))) {
                parts.add(text.substring(begin, i + 1));
                begin = i + 1;
            }
        }
        parts.add(text.substring(begin));
        return filled(parts, first, others);
    }

    /** As many parts a line as fit. @param parts with the blank that follows each */
    private static List<String> filled(List<String> parts, int first, int others) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String part : parts) {
            int width = lines.isEmpty() ? first : others;
            if (line.length() > 0 && line.length() + part.stripTrailing().length() > width) {
                lines.add(line.toString().stripTrailing());
                line.setLength(0);
            }
            line.append(part);
        }
        lines.add(line.toString().stripTrailing());
        return lines;
    }
}
