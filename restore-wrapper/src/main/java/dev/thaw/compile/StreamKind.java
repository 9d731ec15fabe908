package dev.thaw.compile;

/** What a stream of the caller can be, as far as a compiled plan tells it apart; anything else is left to the planner. */
public enum StreamKind {
    /** A pipe or FIFO. */
    PIPE('p'),
    NULL('n'),
    SOCKET('s'),
    /** A regular file. */
    FILE('f');

    private final char letter;

    StreamKind(char letter) {
        this.letter = letter;
    }

    /** As the program names it. */
    public char letter() {
        return letter;
    }
}
