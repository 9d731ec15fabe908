package dev.thaw.launcher;

import java.util.List;

/** What {@link SpawnPlanner} comes to. */
public sealed interface SpawnPlanning {

    record Ready(SpawnPlan plan) implements SpawnPlanning {}

    /** @param problems all of them, in the order of the descriptors */
    record Rejected(List<Problem> problems) implements SpawnPlanning {
        public Rejected {
            problems = List.copyOf(problems);
        }
    }

    /** Whose fault it is. */
    enum Kind {
        /** The options contradict each other. */
        USAGE,
        /** Something that was asked for is not there. */
        SOURCE
    }

    /** One reason for not starting, in words for the user. */
    record Problem(Kind kind, String what, String because, String toTry) {}
}
