package dev.thaw.compat;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What can be another than it was at the checkpoint; the words of {@code --accept}. */
public enum Kind {
    /** The image is of another command than the one that is asked for. */
    COMMAND,
    /** A program or library has changed. */
    EXECUTABLE,
    ARCHITECTURE,
    /** The processor lacks instructions that programs may have chosen. */
    CPU,
    KERNEL,
    CRIU,
    THAW,
    /** The machine was started again, and clocks went back. */
    BOOT,
    /** Another user. */
    USER,
    CAPABILITIES,
    /** The checkpoint was made with options of criu's that a restore would have to repeat. */
    OPTIONS;

    /** Accepts every kind. */
    public static final String ALL = "all";

    /** As the user types it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether the user's word stands for one or for all. */
    public static boolean isKnown(String word) {
        return word.equals(ALL) || of(word).isPresent();
    }

    static Optional<Kind> of(String word) {
        return Arrays.stream(values()).filter(kind -> kind.word().equals(word)).findFirst();
    }

    public static List<String> words() {
        return Arrays.stream(values()).map(Kind::word).toList();
    }
}
