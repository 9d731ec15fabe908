package dev.thaw.checkpoint;

import dev.thaw.criu.CriuBinary;
import java.time.Duration;
import java.util.Objects;

/**
 * One checkpoint to be made.
 *
 * @param pid root of the tree
 * @param image directory of generations; made when absent
 * @param keep generations that stay, the new one among them; at least 1
 * @param limit for the dump as a whole
 */
public record CheckpointRequest(int pid, String image, DumpOptions options, int keep, Duration limit, CriuBinary criu) {
    public CheckpointRequest {
        Objects.requireNonNull(image, "image is null");
        Objects.requireNonNull(options, "options is null");
        Objects.requireNonNull(criu, "criu is null");
        if (keep < 1) {
            throw new IllegalArgumentException("keep is " + keep);
        }
    }
}
