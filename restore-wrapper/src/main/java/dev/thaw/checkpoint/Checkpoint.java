package dev.thaw.checkpoint;

import dev.thaw.image.Generation;
import dev.thaw.image.Manifest;
import java.time.Duration;
import java.util.List;

/**
 * A checkpoint that was made.
 *
 * @param notes what the user should know of it
 * @param elapsed from the scan to the end
 */
public record Checkpoint(Generation generation, Manifest manifest, List<Finding> notes, Duration elapsed) {
    public Checkpoint {
        notes = List.copyOf(notes);
    }
}
