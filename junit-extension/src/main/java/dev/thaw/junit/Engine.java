package dev.thaw.junit;

/** What restores in a test, see {@link RestoreTest#engine()}. */
public enum Engine {
    /** CRIU: checkpoints and restores are real. */
    CRIU("criu"),
    /**
     * A stand-in, which needs neither criu nor rights: {@link Applications#rehearse} opens and hands over what a restore would need, and restores no
     * memory. There are no checkpoints.
     */
    REHEARSE("rehearse");

    private final String word;

    Engine(String word) {
        this.word = word;
    }

    /** As thaw's {@code --engine} has it. */
    String word() {
        return word;
    }
}
