package dev.thaw.plan;

import java.util.List;

/** The planner's answer. */
public sealed interface PlanResult {

    /** A plan that can be carried out. */
    record Ready(RestorePlan plan) implements PlanResult {}

    /** Every reason at once. */
    record Rejected(List<PlanProblem> problems) implements PlanResult {
        public Rejected {
            problems = List.copyOf(problems);
        }
    }
}
