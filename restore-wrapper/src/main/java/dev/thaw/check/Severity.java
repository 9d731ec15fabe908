package dev.thaw.check;

import java.util.Locale;

/** How much a finding matters; worst first. */
public enum Severity {
    /** criu or thaw refuses it, or what comes of it is of no use. */
    STOPS,
    /** It works only with what the user still has to do or to give. */
    NEEDS,
    /** It works, and afterwards something is not as it was: lost, or no longer shared. */
    DIFFERS,
    /** Good to know; nothing has to be done. */
    NOTE,
    /** Looked at, and as it should be. */
    FINE;

    /** As it is printed. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
