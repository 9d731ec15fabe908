package dev.thaw.report;

import java.util.List;
import java.util.Objects;

/**
 * An end that a user can be told about: what happened, why, and what to do. The one exception that commands throw for it; {@link Report}
 * prints it, and the program ends with {@link #exitCode()}.
 */
public final class Failure extends RuntimeException {
    private final int exitCode;
    private final String what;
    private final List<String> because;
    private final List<String> tries;
    private final List<Failure> others;

    /** @param tries what the user can do, most promising first; commands as they would be typed */
    public Failure(int exitCode, String what, List<String> because, List<String> tries) {
        this(exitCode, what, because, tries, null);
    }

    /** @param cause shown with {@code -vv} only; may be null, as for {@link Throwable} */
    public Failure(int exitCode, String what, List<String> because, List<String> tries, Throwable cause) {
        this(exitCode, what, because, tries, List.of(), cause);
    }

    private Failure(int exitCode, String what, List<String> because, List<String> tries, List<Failure> others, Throwable cause) {
        super(Objects.requireNonNull(what, "what is null"), cause);
        this.exitCode = exitCode;
        this.what = what;
        this.because = List.copyOf(because);
        this.tries = List.copyOf(tries);
        this.others = List.copyOf(others);
    }

    /** Several findings at once: {@code summary} is printed after them. */
    public static Failure all(int exitCode, String summary, List<String> because, List<Failure> findings) {
        return new Failure(exitCode, summary, because, List.of(), findings, null);
    }

    public static Failure of(int exitCode, String what, String because) {
        return new Failure(exitCode, what, List.of(because), List.of());
    }

    public static Failure of(int exitCode, String what, String because, String toTry) {
        return new Failure(exitCode, what, List.of(because), List.of(toTry));
    }

    public int exitCode() {
        return exitCode;
    }

    public String what() {
        return what;
    }

    public List<String> because() {
        return because;
    }

    public List<String> tries() {
        return tries;
    }

    /** Findings to be printed before this one. */
    public List<Failure> others() {
        return others;
    }
}
