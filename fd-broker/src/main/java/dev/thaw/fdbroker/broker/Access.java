package dev.thaw.fdbroker.broker;

import dev.thaw.linux.OpenFlags;

/** How the broker is to open a file. */
public enum Access {
    READ(0, "ro", OpenFlags.O_RDONLY, false),
    WRITE(1, "wo", OpenFlags.O_WRONLY, true),
    READ_WRITE(2, "rw", OpenFlags.O_RDWR, true),
    APPEND(3, "append", OpenFlags.O_WRONLY | OpenFlags.O_APPEND, true);

    private final int number;
    private final String word;
    private final int flags;
    private final boolean creates;

    Access(int number, String word, int flags, boolean creates) {
        this.number = number;
        this.word = word;
        this.flags = flags;
        this.creates = creates;
    }

    /** On the wire. */
    public int number() {
        return number;
    }

    /** As the command line has it. */
    public String word() {
        return word;
    }

    /** O_* of open(2), without O_CREAT. */
    public int flags() {
        return flags;
    }

    /** Whether a file that is missing is made. */
    public boolean creates() {
        return creates;
    }
}
