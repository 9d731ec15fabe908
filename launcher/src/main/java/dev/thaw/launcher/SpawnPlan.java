package dev.thaw.launcher;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Everything about a start that is decided before it; a value.
 *
 * @param program path to execute, a relative one from {@code directory}
 * @param argv its arguments, the name first
 * @param asked what the user asked for, which is the same unless a shell goes before it
 * @param environment all of it
 * @param supplies number in the child → how it comes about; no other number is open there
 * @param session which session the child belongs to
 * @param directory working directory, the caller's when empty
 * @param ignoredSignals signals that stay ignored
 * @param noFileSoftLimit the soft limit of descriptors, ours when empty
 * @param remarks what the user should know about it
 */
public record SpawnPlan(
        String program,
        List<String> argv,
        Asked asked,
        List<String> environment,
        SortedMap<Integer, Supply> supplies,
        SessionPolicy session,
        Optional<String> directory,
        Set<Integer> ignoredSignals,
        OptionalLong noFileSoftLimit,
        List<Remark> remarks) {

    public SpawnPlan {
        argv = List.copyOf(argv);
        environment = List.copyOf(environment);
        supplies = Collections.unmodifiableSortedMap(new TreeMap<>(supplies));
        ignoredSignals = Set.copyOf(ignoredSignals);
        remarks = List.copyOf(remarks);
    }

    /**
     * @param program path of what is to run in the end
     * @param command as it was given
     */
    public record Asked(String program, List<String> command) {
        public Asked {
            command = List.copyOf(command);
        }
    }

    /**
     * @param important whether it is said without {@code -v}
     * @param what the message
     * @param because why, perhaps empty
     */
    public record Remark(boolean important, String what, String because) {}
}
