package dev.thaw.checkpoint;

import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.Manifest;
import java.util.List;

/** Judges images that have just been written, while the dumped tree can still go on as if nothing had happened. */
@FunctionalInterface
public interface Verifier {
    /** @return why they could not be restored; empty when they could */
    List<Finding> check(ImageSnapshot images, Manifest manifest);

    /** Content with images that can be read. */
    static Verifier readable() {
        return (images, manifest) -> List.of();
    }
}
