package dev.thaw.launcher;

import dev.thaw.fdbroker.Source;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What to start, as it was asked for.
 *
 * @param command the program and its arguments
 * @param directory working directory of the child; the caller's when empty
 * @param variables {@code KEY=VALUE} entries that replace or join the caller's environment
 * @param streams sources for 0, 1 and 2; a number that is missing gets the default
 * @param kept numbers of the caller's descriptors that the child gets as they are
 * @param opens paths that the child gets opened
 * @param session which session it belongs to
 * @param detached whether thaw leaves once it is up
 * @param hints whether known runtimes are told to be restorable
 */
public record LaunchSpec(
        List<String> command,
        Optional<String> directory,
        List<String> variables,
        Map<Integer, Source> streams,
        Set<Integer> kept,
        List<OpenRequest> opens,
        SessionPolicy session,
        boolean detached,
        boolean hints) {

    /** The same with another command. */
    public LaunchSpec with(List<String> other) {
        return new LaunchSpec(other, directory, variables, streams, kept, opens, session, detached, hints);
    }

    public LaunchSpec {
        command = List.copyOf(command);
        variables = List.copyOf(variables);
        streams = Map.copyOf(streams);
        kept = Set.copyOf(kept);
        opens = List.copyOf(opens);
        if (command.isEmpty()) {
            throw new IllegalArgumentException("no command");
        }
    }

    /** With every default: own session, foreground, hints on. */
    public static LaunchSpec of(List<String> command) {
        return new LaunchSpec(
                command, Optional.empty(), List.of(), Map.of(), Set.of(), List.of(), SessionPolicy.NEW, false, true);
    }
}
