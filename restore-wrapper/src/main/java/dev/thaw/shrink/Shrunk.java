package dev.thaw.shrink;

import java.util.List;

/**
 * What a JVM gave back.
 *
 * @param beforeBytes of its memory that a dump would have to store: anonymous and shared pages
 * @param afterBytes likewise
 * @param because why it did not do all that it was asked for; empty when it did
 */
public record Shrunk(int pid, String command, long beforeBytes, long afterBytes, List<String> because, List<String> tries) {
    public Shrunk {
        because = List.copyOf(because);
        tries = List.copyOf(tries);
    }

    /** Never negative. */
    public long savedBytes() {
        return Math.max(0, beforeBytes - afterBytes);
    }
}
