package dev.thaw.fdbroker.policy;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Who asks, as the kernel says.
 *
 * @param groups supplementary ones
 * @param program what is known of the process beyond that; empty when it was not looked at, or cannot be told for sure
 */
public record Peer(int uid, int gid, Set<Integer> groups, int pid, Optional<Program> program) {
    public Peer {
        groups = Set.copyOf(groups);
    }

    /**
     * @param executable path of the file that it runs
     * @param cgroups its place in each hierarchy
     */
    public record Program(String executable, List<String> cgroups) {
        public Program {
            cgroups = List.copyOf(cgroups);
        }
    }

    /** For messages. */
    public String text() {
        return "user " + Integer.toUnsignedString(uid) + " (pid " + pid + ")";
    }
}
