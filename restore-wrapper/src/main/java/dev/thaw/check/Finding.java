package dev.thaw.check;

import com.google.gson.annotations.SerializedName;
import java.util.List;

/**
 * One thing that was found.
 *
 * @param what with the numbers that the user can check: pid, command, descriptor, path
 * @param because why it matters
 * @param tries what to do, most promising first
 */
public record Finding(Severity severity, String what, List<String> because, @SerializedName("try") List<String> tries) {
    public Finding {
        because = List.copyOf(because);
        tries = List.copyOf(tries);
    }

    public static Finding stops(String what, String because, String... tries) {
        return of(Severity.STOPS, what, because, tries);
    }

    public static Finding needs(String what, String because, String... tries) {
        return of(Severity.NEEDS, what, because, tries);
    }

    public static Finding differs(String what, String because, String... tries) {
        return of(Severity.DIFFERS, what, because, tries);
    }

    public static Finding note(String what, String because, String... tries) {
        return of(Severity.NOTE, what, because, tries);
    }

    public static Finding fine(String what) {
        return new Finding(Severity.FINE, what, List.of(), List.of());
    }

    public static Finding of(Severity severity, String what, String because, String... tries) {
        return new Finding(severity, what, List.of(because), List.of(tries));
    }

    /** What the planner of checkpoints has found. */
    public static Finding of(dev.thaw.checkpoint.Finding found) {
        Severity severity = switch (found.severity()) {
            case PROBLEM -> Severity.STOPS;
            case NEEDS -> Severity.NEEDS;
            case DIFFERS -> Severity.DIFFERS;
            case NOTE -> Severity.NOTE;
        };
        return new Finding(severity, found.what(), found.because(), found.tries());
    }
}
