package dev.thaw.report;

import java.util.List;

/** Rows of words as a table for a terminal, each column as wide as its widest word. */
public final class Columns {
    private Columns() {}

    /** @param rows of equal length; the first is the heading */
    public static String of(List<List<String>> rows) {
        return of("", rows);
    }

    /** @param indent before each line */
    public static String of(String indent, List<List<String>> rows) {
        int[] widths = new int[rows.get(0).size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder(indent);
            for (int i = 0; i < widths.length; i++) {
                line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 2));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
