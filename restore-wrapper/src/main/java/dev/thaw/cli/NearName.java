package dev.thaw.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** The name that was probably meant by a misspelt one. Pure. */
final class NearName {
    private static final int MOST_EDITS = 2;

    private NearName() {}

    /** @return the nearest of the names; empty when none is near: two edits at most, and fewer than half of the letters */
    static Optional<String> of(String word, Collection<String> names) {
        return names.stream().min(Comparator.comparingInt(name -> distance(word, name)))
                .filter(name -> distance(word, name) <= MOST_EDITS && 2 * distance(word, name) < name.length());
    }

    /** How many letters have to be inserted, removed or replaced (Levenshtein). */
    static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[other.length()];
    }
}
