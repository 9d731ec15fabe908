package dev.thaw.inspect;

import dev.thaw.image.Generation;
import dev.thaw.image.Generations;
import dev.thaw.image.Quarantine;
import dev.thaw.image.ResolvedImage;
import java.util.Optional;
import java.util.stream.Collectors;

/** What was found against the generations of an image. */
public final class Quarantines {
    private Quarantines() {}

    /** Against the one that is looked at, or else against those that are passed over for it; empty when there is nothing. */
    public static String of(ResolvedImage resolved) {
        Optional<Quarantine> own = Quarantine.read(resolved.generationDir());
        if (own.isPresent() || resolved.imageRoot().isEmpty()) {
            return own.map(Quarantines::text).orElse("");
        }
        return Generations.list(resolved.imageRoot().get()).stream().filter(Generation::quarantined)
                .map(generation -> "generation " + Generations.directoryName(generation.number()) + ": "
                        + Quarantine.read(generation.directory()).map(Quarantines::text).orElse(""))
                .collect(Collectors.joining("; "));
    }

    private static String text(Quarantine quarantine) {
        String because = quarantine.because().isEmpty() ? "" : " (" + String.join("; ", quarantine.because()) + ")";
        return quarantine.reason() + because + (quarantine.time().isEmpty() ? "" : ", at " + quarantine.time() + " by thaw " + quarantine.thawVersion());
    }
}
