package dev.thaw.checkpoint;

import dev.thaw.image.Generation;
import dev.thaw.image.Manifest;
import dev.thaw.shrink.Shrunk;
import java.time.Duration;
import java.util.List;

/**
 * A checkpoint that was made.
 *
 * @param notes what the user should know of it
 * @param elapsed from the scan to the end
 * @param stoppedMicros for which the tree stood still, by criu's clock: until it ran on, or was ended; 0 where criu has not said
 * @param shrunk JVMs that gave memory back before, if they were asked to
 */
public record Checkpoint(Generation generation, Manifest manifest, List<Finding> notes, Duration elapsed, long stoppedMicros, List<Shrunk> shrunk) {
    public Checkpoint {
        notes = List.copyOf(notes);
        shrunk = List.copyOf(shrunk);
    }
}
