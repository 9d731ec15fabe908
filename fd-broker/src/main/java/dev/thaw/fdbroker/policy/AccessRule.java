package dev.thaw.fdbroker.policy;

import dev.thaw.fdbroker.broker.FdName;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * One rule of a policy. What is empty is no condition.
 *
 * @param users numbers
 * @param groups numbers; the peer's own or a supplementary one is in it
 * @param verbs what it is about
 * @param names patterns of names
 * @param owner who stored it
 * @param folders absolute paths below which {@link Verb#OPEN} may open; none: those of the broker
 * @param place file and line, for messages
 */
public record AccessRule(Set<Integer> users, Set<Integer> groups, Optional<Glob> cgroup, Optional<Glob> executable, Set<Verb> verbs,
                         List<Glob> names, Owner owner, List<String> folders, boolean allow, String place) {
    public AccessRule {
        users = Set.copyOf(users);
        groups = Set.copyOf(groups);
        verbs = Set.copyOf(verbs);
        names = List.copyOf(names);
        folders = List.copyOf(folders);
    }

    /** Whose descriptors a rule is about. */
    public sealed interface Owner {
        record Anybody() implements Owner {
        }

        /** The user who asks. */
        record Self() implements Owner {
        }

        record User(int uid) implements Owner {
        }

        /** @param storedBy user who stored what is asked for; empty: nothing is there, or it is not about a certain one */
        default boolean covers(Peer peer, OptionalInt storedBy) {
            if (storedBy.isEmpty() || this instanceof Anybody) {
                return true;
            }
            return storedBy.getAsInt() == (this instanceof User user ? user.uid() : peer.uid());
        }
    }

    boolean isAbout(Peer peer, Verb verb) {
        return (users.isEmpty() || users.contains(peer.uid()))
                && (groups.isEmpty() || groups.contains(peer.gid()) || peer.groups().stream().anyMatch(groups::contains))
                && (verbs.isEmpty() || verbs.contains(verb))
                && isAboutProgramOf(peer);
    }

    boolean isAbout(FdName name) {
        return names.isEmpty() || names.stream().anyMatch(glob -> glob.matches(name.text()));
    }

    /** Whether it can only be applied when the peer's program is known. */
    boolean asksForProgram() {
        return cgroup.isPresent() || executable.isPresent();
    }

    /** In doubt a rule that allows does not apply, and one that denies does. */
    private boolean isAboutProgramOf(Peer peer) {
        if (!asksForProgram()) {
            return true;
        }
        if (peer.program().isEmpty()) {
            return !allow;
        }
        Peer.Program program = peer.program().get();
        return (executable.isEmpty() || executable.get().matches(program.executable()))
                && (cgroup.isEmpty() || program.cgroups().stream().anyMatch(cgroup.get()::matches));
    }
}
