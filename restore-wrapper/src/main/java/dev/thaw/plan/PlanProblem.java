package dev.thaw.plan;

import java.util.List;

/**
 * Why there is no restore: what, why, what to do. The texts are for the user.
 *
 * @param unavailable whether it is a source that the user has named and that is not there
 */
public record PlanProblem(String what, List<String> because, List<String> tries, boolean unavailable) {
    public PlanProblem(String what, List<String> because, List<String> tries) {
        this(what, because, tries, false);
    }

    public PlanProblem {
        because = List.copyOf(because);
        tries = List.copyOf(tries);
    }

    static PlanProblem of(String what, String because, String... tries) {
        return new PlanProblem(what, List.of(because), List.of(tries));
    }

    /** A source that the user has named and that is not there. */
    static PlanProblem unavailable(String what, String because, String... tries) {
        return new PlanProblem(what, List.of(because), List.of(tries), true);
    }
}
