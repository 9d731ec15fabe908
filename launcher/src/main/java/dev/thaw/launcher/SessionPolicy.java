package dev.thaw.launcher;

/** Which session the child belongs to. */
public enum SessionPolicy {
    /** It leads its own: no terminal reaches it, and criu restores it without {@code --shell-job}. */
    NEW,
    /** Ours, and our process group: the terminal's signals reach it directly. */
    SAME
}
