package dev.thaw.image;

/**
 * One checkpoint in an IMAGE of thaw.
 *
 * @param complete whether it has a manifest, which is written last
 * @param quarantined whether somebody decided that it must not be restored
 */
public record Generation(int number, String directory, boolean complete, boolean quarantined) {
}
