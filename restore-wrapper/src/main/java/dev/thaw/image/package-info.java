/**
 * A directory of criu's images as one immutable value, {@link dev.thaw.image.ImageSnapshot}, and the rewriting of the few images that
 * an overlay changes.
 *
 * <p>Everything read here is hostile until it is decoded: whatever is wrong with a file ends in an {@link dev.thaw.image.ImageException}
 * that names the file and the byte. No other package sees protobuf classes.
 */
package dev.thaw.image;
