package dev.thaw.plan;

import java.util.List;

/** Why there is no restore: what, why, what to do. The texts are for the user. */
public record PlanProblem(String what, List<String> because, List<String> tries) {
    public PlanProblem {
        because = List.copyOf(because);
        tries = List.copyOf(tries);
    }

    static PlanProblem of(String what, String because, String... tries) {
        return new PlanProblem(what, List.of(because), List.of(tries));
    }
}
