package dev.thaw.image;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * What an IMAGE on the command line stands for.
 *
 * @param imageRoot the directory of generations; empty for a bare images directory
 * @param generationDir the directory with the images
 * @param number of the generation; empty for a bare images directory
 * @param writtenByThaw whether there is a manifest
 */
public record ResolvedImage(Optional<String> imageRoot, String generationDir, OptionalInt number, boolean writtenByThaw) {
}
