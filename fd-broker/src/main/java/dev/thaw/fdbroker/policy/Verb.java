package dev.thaw.fdbroker.policy;

import java.util.Locale;

/** What can be allowed. */
public enum Verb {
    /** Give a descriptor to keep. */
    STORE,
    /** Get a descriptor that is kept. */
    RETRIEVE,
    /** See that it is kept, and what it is. */
    LIST,
    /** Have it closed. */
    DELETE,
    /** Have the broker open a file, with the broker's rights. */
    OPEN;

    /** As the policy file and messages have it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
