package dev.thaw.image;

import java.util.Set;

/** The files of one images directory, wherever they are. */
interface ImageFiles {

    /** For messages and for {@link ImageSnapshot#directory()}. */
    String directory();

    /** Names of the files {@code *.img}. */
    Set<String> names();

    /** The sizes of these files together. */
    long totalBytes();

    /** Bytes of a file that is there, without reading it. */
    long size(String name);

    /** The whole file; {@link ImageException} when it is missing, too large, or not to be read. */
    byte[] read(String name);

    /** The entries of a file that has to be there. */
    default ImageFrames frames(String name, ImageMagic magic) {
        return new ImageFrames(name, read(name), magic);
    }

    default boolean has(String name) {
        return names().contains(name);
    }
}
