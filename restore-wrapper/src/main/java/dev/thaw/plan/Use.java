package dev.thaw.plan;

import java.util.List;

/**
 * Where an image file is used.
 *
 * @param filesId number of the descriptor table; several pids share one after CLONE_FILES. -1 for uses that are no descriptors
 * @param fd number in that table, -1 for uses that are no descriptors
 */
public record Use(Kind kind, List<Integer> pids, int filesId, int fd) {
    /** What for. */
    public enum Kind { DESCRIPTOR, MAPPING, EXECUTABLE, WORKING_DIRECTORY, ROOT, NETWORK_NAMESPACE, PID_NAMESPACE }

    public Use {
        pids = List.copyOf(pids);
    }

    /** {@code fd 5 of pid 4021}. */
    public String text() {
        String whose = " of pid " + pids.get(0) + (pids.size() > 1 ? " (table shared by " + pids.size() + " processes)" : "");
        switch (kind) {
            case DESCRIPTOR:
                return "fd " + fd + whose;
            case MAPPING:
                return "a mapping" + whose;
            case EXECUTABLE:
                return "the executable" + whose;
            case WORKING_DIRECTORY:
                return "the working directory" + whose;
            case NETWORK_NAMESPACE:
                return "the network namespace" + whose;
            case PID_NAMESPACE:
                return "the pid namespace" + whose;
            default:
                return "the root directory" + whose;
        }
    }
}
