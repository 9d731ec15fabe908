package dev.thaw.checkpoint;

import java.util.List;
import java.util.Optional;

/** What {@link CheckpointPlanner} decides. */
public sealed interface CheckpointPlan {

    /**
     * It can be dumped.
     *
     * @param criuOptions those that this tree needs, in a fixed order
     * @param user whom criu dumps as; empty for thaw's own
     * @param toEnd intruders that are to be ended first
     */
    record Ready(List<String> criuOptions, List<Finding> notes, Optional<DumpUser> user, List<TreeScan.Intruder> toEnd) implements CheckpointPlan {
        public Ready {
            criuOptions = List.copyOf(criuOptions);
            notes = List.copyOf(notes);
            toEnd = List.copyOf(toEnd);
        }
    }

    /** Every reason at once. */
    record Rejected(List<Finding> problems) implements CheckpointPlan {
        public Rejected {
            problems = List.copyOf(problems);
        }
    }
}
