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
        /** Works, and is not as before after a restore. */
        NOTE
    }

    public Finding {
        because = List.copyOf(because);
        tries = List.copyOf(tries);
    }

    static Finding problem(String what, String because, String... tries) {
        return new Finding(Severity.PROBLEM, what, List.of(because), List.of(tries));
    }

    static Finding note(String what, String because, String... tries) {
        return new Finding(Severity.NOTE, what, List.of(because), List.of(tries));
    }

    public boolean isProblem() {
        return severity == Severity.PROBLEM;
    }
}
