package dev.thaw.compat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Something that is not as it was at the checkpoint; the texts are for the user. */
public record Mismatch(Kind kind, Severity severity, String what, List<String> because, List<String> tries) {
    /** What follows from it. */
    public enum Severity {
        /** No restore, unless the user accepts it. */
        FATAL,
        /** A restore works, and something may be different afterwards. */
        WARNING,
        /** The user knows, and wants it all the same. */
        ACCEPTED,
        /** Known to be harmless. */
        NOTE
    }

    public Mismatch {
        because = List.copyOf(because);
        tries = List.copyOf(tries);
    }

    static Mismatch fatal(Kind kind, String what, String because, String... tries) {
        List<String> all = new ArrayList<>(List.of(tries));
        all.add("--accept " + kind.word() + ", if it is as it should be");
        return new Mismatch(kind, Severity.FATAL, what, List.of(because), all);
    }

    static Mismatch warning(Kind kind, String what, String because) {
        return new Mismatch(kind, Severity.WARNING, what, List.of(because), List.of("--accept " + kind.word() + ", to hear no more of it"));
    }

    static Mismatch note(Kind kind, String what) {
        return new Mismatch(kind, Severity.NOTE, what, List.of(), List.of());
    }

    /** As it is when the user accepts these kinds. */
    Mismatch accepted(Set<String> kinds) {
        boolean accepted = severity != Severity.NOTE && (kinds.contains(Kind.ALL) || kinds.contains(kind.word()));
        return accepted ? new Mismatch(kind, Severity.ACCEPTED, what, because, List.of()) : this;
    }
}
