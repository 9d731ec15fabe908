package dev.thaw.checkpoint;

import java.util.List;

/**
 * Something that a look at a living tree has shown.
 *
 * @param severity whether it can be dumped like this
 * @param what names process, descriptor and path
 * @param tries what to do, most promising first
 */
public record Finding(Severity severity, String what, List<String> because, List<String> tries) {
    public enum Severity {
        /** criu would refuse, or the image could never be restored. */
        PROBLEM,
        /** It can be dumped, and a restore works only with what the user does or gives. */
        NEEDS,
        /** Works, and is not as before after a restore. */
        DIFFERS,
        /** Good to know. */
        NOTE
    }

    public Finding {
        because = List.copyOf(because);
        tries = List.copyOf(tries);
    }

    static Finding problem(String what, String because, String... tries) {
        return new Finding(Severity.PROBLEM, what, List.of(because), List.of(tries));
    }

    static Finding needs(String what, String because, String... tries) {
        return new Finding(Severity.NEEDS, what, List.of(because), List.of(tries));
    }

    static Finding differs(String what, String because, String... tries) {
        return new Finding(Severity.DIFFERS, what, List.of(because), List.of(tries));
    }

    static Finding note(String what, String because, String... tries) {
        return new Finding(Severity.NOTE, what, List.of(because), List.of(tries));
    }

    public boolean isProblem() {
        return severity == Severity.PROBLEM;
    }
}
