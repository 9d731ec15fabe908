package dev.thaw.start;

import dev.thaw.image.Generation;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Which generations are worth a restore, in their order. Pure. */
final class Candidates {
    private Candidates() {}

    /**
     * The one that counts, and those before it. Newer ones are of checkpoints that were interrupted before they counted: the application went on
     * after them.
     *
     * @param generations oldest first
     * @param current number that {@code current} names, whether it is there or not
     * @return newest first, complete and not quarantined
     */
    static List<Generation> of(List<Generation> generations, OptionalInt current) {
        List<Generation> found = new ArrayList<>();
        for (Generation generation : generations) {
            if (generation.complete() && !generation.quarantined() && current.isPresent() && generation.number() <= current.getAsInt()) {
                found.add(0, generation);
            }
        }
        return List.copyOf(found);
    }
}
