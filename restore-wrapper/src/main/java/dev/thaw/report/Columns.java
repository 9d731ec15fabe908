package dev.thaw.report;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** Rows of words as a table for a terminal, each column as wide as its widest word. */
public final class Columns {
    private static final int GAP = 2;

    private Columns() {}

    /** @param rows of equal length; the first is the heading */
    public static String of(List<List<String>> rows) {
        return of("", rows, 0);
    }

    /**
     * Where the table would be wider than the limit, columns get narrower; a word that is wider than its column stays whole, for it may be copied, and what follows it is on
     * a line of its own.
     *
     * @param indent before each line
     * @param limit in columns; 0 for none, for programs that read a row a line
     */
    public static String of(String indent, List<List<String>> rows, int limit) {
        int[] widths = widths(rows, limit == 0 ? Integer.MAX_VALUE : limit - indent.length());
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder(indent);
            int at = indent.length();
            for (int i = 0; i < widths.length; i++) {
                if (line.length() > at && !row.get(i).isEmpty()) {
                    text.append(line.toString().stripTrailing()).append('\n');
                    line.setLength(0);
                }
                line.append(" ".repeat(Math.max(0, at - line.length()))).append(row.get(i));
                at += widths[i] + GAP;
                line.append(row.get(i).length() > widths[i] ? " ".repeat(GAP) : "");
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    /** The last column need not be narrower than its words: nothing follows them. */
    private static int[] widths(List<List<String>> rows, int limit) {
        int[] widths = IntStream.range(0, rows.get(0).size()).map(column -> widest(rows, column, Integer.MAX_VALUE)).toArray();
        int needed = IntStream.of(widths).sum() + GAP * (widths.length - 1);
        while (needed > limit) {
            OptionalInt column = IntStream.range(0, widths.length - 1).filter(i -> widest(rows, i, widths[i]) > 0)
                    .reduce((one, other) -> widths[other] > widths[one] ? other : one);
            if (column.isEmpty()) {
                return widths;
            }
            int next = widest(rows, column.getAsInt(), widths[column.getAsInt()]);
            needed -= widths[column.getAsInt()] - next;
            widths[column.getAsInt()] = next;
        }
        return widths;
    }

    /** The widest word of a column that is narrower than that; 0 when there is none, or none as wide as the heading. */
    private static int widest(List<List<String>> rows, int column, int limit) {
        int found = rows.stream().mapToInt(row -> row.get(column).length()).filter(width -> width < limit).max().orElse(0);
        return found < rows.get(0).get(column).length() ? 0 : found;
    }
}
