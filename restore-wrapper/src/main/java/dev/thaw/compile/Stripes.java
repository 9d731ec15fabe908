package dev.thaw.compile;

/** How those who read a large image ahead share it. */
public final class Stripes {
    /** Of all pages together; less than this criu has read before others could help it. */
    public static final long LEAST_BYTES = 64L << 20;
    /** One alone gives a disk no more to do than criu does, whose pages the kernel reads ahead too, and criu waits for it then. */
    public static final int READERS = 2;
    /** All files in their order are cut into these, and the readers take turns: most trees have a file of pages for each process. */
    public static final int BYTES = 32 << 20;

    private Stripes() {}
}
