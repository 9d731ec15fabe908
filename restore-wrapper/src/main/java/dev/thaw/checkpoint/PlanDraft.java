package dev.thaw.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Collects what the rules say about one scan. */
final class PlanDraft {
    private static final long DEFAULT_GHOST_LIMIT_BYTES = 1 << 20;

    private final Set<String> flags = new TreeSet<>();
    private final Set<String> externals = new LinkedHashSet<>();
    private final List<Finding> findings = new ArrayList<>();
    private String networkLock = "";
    private Optional<DumpUser> user = Optional.empty();
    private long largestGhostBytes;

    void flag(String option) {
        flags.add(option);
    }

    boolean has(String option) {
        return flags.contains(option);
    }

    void external(String resource) {
        externals.add(resource);
    }

    void networkLock(String method) {
        networkLock = method;
    }

    /** criu is to dump as somebody else. */
    void dumpAs(DumpUser other) {
        user = Optional.of(other);
    }

    Optional<DumpUser> user() {
        return user;
    }

    /** A deleted file whose content goes into the image. */
    void ghost(long sizeBytes) {
        largestGhostBytes = Math.max(largestGhostBytes, sizeBytes);
    }

    void add(Finding finding) {
        if (!findings.contains(finding)) {
            findings.add(finding);
        }
    }

    List<Finding> findings() {
        return List.copyOf(findings);
    }

    List<String> criuOptions() {
        List<String> options = new ArrayList<>(flags);
        if (largestGhostBytes > DEFAULT_GHOST_LIMIT_BYTES / 2) {
            // criu compares what the file takes on disk, which is more than its size; and the file may still grow until it is frozen.
            options.addAll(List.of("--ghost-limit", Long.toString(2 * largestGhostBytes)));
        }
        if (!networkLock.isEmpty()) {
            options.addAll(List.of("--network-lock", networkLock));
        }
        externals.forEach(resource -> options.addAll(List.of("--external", resource)));
        return options;
    }
}
