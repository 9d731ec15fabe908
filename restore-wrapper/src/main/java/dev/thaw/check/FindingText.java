package dev.thaw.check;

import dev.thaw.linux.KernelString;
import java.util.ArrayList;
import java.util.List;

/** Findings as a table for a terminal of 100 columns. Pure. */
public final class FindingText {
    private static final int COLUMNS = 100;
    private static final String INDENT = " ".repeat(9);
    private static final String CONTINUED = "  ";

    private FindingText() {}

    /** @param last lines below the table: what it comes to, and the command to type next */
    public static String table(Findings findings, List<String> last) {
        StringBuilder text = new StringBuilder();
        for (Finding finding : findings.all()) {
            String word = finding.severity().word();
            append(text, word + " ".repeat(INDENT.length() - word.length()), finding.what());
            finding.because().forEach(reason -> append(text, INDENT + "because: ", reason));
            finding.tries().forEach(remedy -> append(text, INDENT + "try: ", remedy));
        }
        last.forEach(line -> append(text, "", line));
        return text.toString();
    }

    private static void append(StringBuilder text, String prefix, String content) {
        append(text, prefix, prefix.isEmpty() ? CONTINUED : INDENT + CONTINUED, content);
    }

    /** Adds the text in lines of at most 100 columns. @param indent of the lines after the first */
    public static void append(StringBuilder text, String prefix, String indent, String content) {
        List<String> lines = wrapped(KernelString.printable(content), COLUMNS - prefix.length(), COLUMNS - indent.length());
        text.append(prefix).append(lines.get(0)).append('\n');
        lines.subList(1, lines.size()).forEach(line -> text.append(indent).append(line).append('\n'));
    }

    /**
     * Breaks a text at blanks. A word longer than a line stays whole: a path or a command must be there to be copied.
     *
     * @param first columns of the first line
     * @param others columns of the others
     */
    public static List<String> wrapped(String text, int first, int others) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ", -1)) {
            int width = lines.isEmpty() ? first : others;
            if (line.length() > 0 && line.length() + 1 + word.length() > width) {
                lines.add(line.toString());
                line.setLength(0);
            } else if (line.length() > 0) {
                line.append(' ');
            }
            line.append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}
