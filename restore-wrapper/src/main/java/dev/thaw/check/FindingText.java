package dev.thaw.check;

import dev.thaw.linux.KernelString;
import dev.thaw.report.Alike;
import dev.thaw.report.Lines;
import java.util.List;

/** Findings as a table for a terminal. Pure. */
public final class FindingText {
    private static final String INDENT = " ".repeat(9);
    private static final String CONTINUED = "  ";
    /** Of findings with one reason. */
    private static final int SHOWN = 10;

    private FindingText() {}

    /**
     * Findings in a row with one reason and remedy are told these once, and of many only the first are named.
     *
     * @param last lines below the table: what it comes to, and the command to type next
     * @param columns of a line
     */
    public static String table(Findings findings, List<String> last, int columns) {
        StringBuilder text = new StringBuilder();
        Alike.inARow(findings.all(), FindingText::hasSameReason).forEach(alike -> sameReason(text, alike, columns));
        last.forEach(line -> remedy(text, "", CONTINUED, line, columns));
        return text.toString();
    }

    private static boolean hasSameReason(Finding one, Finding other) {
        return one.severity() == other.severity() && !one.because().isEmpty() && one.because().equals(other.because()) && one.tries().equals(other.tries());
    }

    private static void sameReason(StringBuilder text, List<Finding> findings, int columns) {
        int shown = findings.size() <= SHOWN ? findings.size() : SHOWN - 1;
        String word = findings.get(0).severity().word();
        String prefix = word + " ".repeat(INDENT.length() - word.length());
        findings.subList(0, shown).forEach(finding -> prose(text, prefix, INDENT + CONTINUED, finding.what(), columns));
        if (shown < findings.size()) {
            prose(text, prefix, INDENT + CONTINUED, "and " + (findings.size() - shown) + " more like these; --json names each", columns);
        }
        findings.get(0).because().forEach(reason -> prose(text, INDENT + "because: ", INDENT + CONTINUED, reason, columns));
        findings.get(0).tries().forEach(remedy -> remedy(text, INDENT + "try: ", INDENT + CONTINUED, remedy, columns));
    }

    /** Adds the text in lines of at most so many columns. @param indent of the lines after the first */
    public static void prose(StringBuilder text, String prefix, String indent, String content, int columns) {
        append(text, prefix, indent, Lines.ofProse(KernelString.printable(content), columns - prefix.length(), columns - indent.length()));
    }

    /** The same for a text that can be a command, which stays on one line. */
    public static void remedy(StringBuilder text, String prefix, String indent, String content, int columns) {
        append(text, prefix, indent, Lines.ofRemedy(KernelString.printable(content), columns - prefix.length(), columns - indent.length()));
    }

    private static void append(StringBuilder text, String prefix, String indent, List<String> lines) {
        text.append(prefix).append(lines.get(0)).append('\n');
        lines.subList(1, lines.size()).forEach(line -> text.append(indent).append(line).append('\n'));
    }
}
