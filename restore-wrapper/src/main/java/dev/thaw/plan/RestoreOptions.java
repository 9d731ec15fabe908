package dev.thaw.plan;

import dev.thaw.fdbroker.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the user asked of a restore.
 *
 * @param streams explicit sources by number (0, 1, 2); an absent number means {@code auto}
 * @param rules {@code --map} in order, then the policy file; the first match wins
 * @param cgroup where files of a vanished cgroup are looked for
 * @param allowUnmatched a key that matches nothing is no error
 * @param accepted kinds of mismatch the user accepts ({@code --accept})
 */
public record RestoreOptions(Map<Integer, Source> streams, List<Rule> rules, CgroupChoice cgroup, boolean allowUnmatched,
        Set<String> accepted) {
    public RestoreOptions {
        streams = Map.copyOf(streams);
        rules = List.copyOf(rules);
        accepted = Set.copyOf(accepted);
    }

    /** The same, with further rules behind those there are. */
    public RestoreOptions plus(List<Rule> more) {
        List<Rule> all = new ArrayList<>(rules);
        all.addAll(more);
        return new RestoreOptions(streams, all, cgroup, allowUnmatched, accepted);
    }

    /** Everything by itself. */
    public static RestoreOptions automatic() {
        return new RestoreOptions(Map.of(), List.of(), new CgroupChoice.Own(), false, Set.of());
    }
}
