package dev.thaw.plan;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Looking through the short lists that each restore decides by. A stream's findFirst, anyMatch, collect and toList link lambdas of the JDK's own at their first
 * use, which no class archive keeps: a millisecond each, and the first some more, where all that is decided takes five.
 */
public final class Search {
    private Search() {}

    /** The first that fits. */
    public static <T> Optional<T> first(Collection<T> all, Predicate<? super T> fits) {
        for (T one : all) {
            if (fits.test(one)) {
                return Optional.of(one);
            }
        }
        return Optional.empty();
    }

    /** Whether one fits. */
    public static <T> boolean any(Collection<T> all, Predicate<? super T> fits) {
        return first(all, fits).isPresent();
    }

    /** Whether there is none that does not fit. */
    public static <T> boolean all(Collection<T> all, Predicate<? super T> fits) {
        return first(all, one -> !fits.test(one)).isEmpty();
    }

    /** Those that fit, in their order. */
    public static <T> List<T> fitting(Collection<T> all, Predicate<? super T> fits) {
        List<T> found = new ArrayList<>();
        for (T one : all) {
            if (fits.test(one)) {
                found.add(one);
            }
        }
        return found;
    }

    /** What each becomes, in their order. */
    public static <T, R> List<R> mapped(Collection<T> all, Function<? super T, ? extends R> becoming) {
        List<R> made = new ArrayList<>();
        for (T one : all) {
            made.add(becoming.apply(one));
        }
        return made;
    }
}
