package dev.thaw.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;

/** Entries in a row that are told together. */
public final class Alike {
    private Alike() {}

    /** The list in parts, in its order: each entry of a part is like its first one. */
    public static <T> List<List<T>> inARow(List<T> all, BiPredicate<T, T> like) {
        List<List<T>> parts = new ArrayList<>();
        int next;
        for (int first = 0; first < all.size(); first = next) {
            next = first + 1;
            while (next < all.size() && like.test(all.get(first), all.get(next))) {
                next++;
            }
            parts.add(all.subList(first, next));
        }
        return parts;
    }
}
