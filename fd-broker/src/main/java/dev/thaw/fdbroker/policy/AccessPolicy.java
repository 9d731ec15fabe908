package dev.thaw.fdbroker.policy;

import dev.thaw.fdbroker.broker.FdName;
import dev.thaw.fdbroker.broker.Refusal;
import dev.thaw.linux.KernelString;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Who may do what: the first rule that matches decides. Where none does, the broker's own user may do everything, and nobody else anything.
 *
 * @param ownUser the broker's own user
 * @param folders absolute paths below which files may be opened, unless a rule has its own
 */
public record AccessPolicy(int ownUser, List<AccessRule> rules, List<String> folders) {
    public AccessPolicy {
        rules = List.copyOf(rules);
        folders = List.copyOf(folders);
    }

    /** Only the broker's own user, and no files to open. */
    public static AccessPolicy sameUser(int ownUser) {
        return new AccessPolicy(ownUser, List.of(), List.of());
    }

    /** Whether anybody but the broker's own user may do anything. */
    public boolean letsOthersIn() {
        return rules.stream().anyMatch(rule -> rule.allow() && !rule.users().equals(Set.of(ownUser)));
    }

    /** Whether a decision needs to know the peer's program. */
    public boolean asksForProgram() {
        return rules.stream().anyMatch(AccessRule::asksForProgram);
    }

    /**
     * @param storedBy user who stored what has this name; empty when there is nothing of this name, or it is only to come
     * @return empty: it is allowed
     */
    public Optional<Refusal> check(Peer peer, Verb verb, FdName name, OptionalInt storedBy) {
        Optional<AccessRule> deciding = deciding(peer, verb, name, storedBy);
        boolean allowed = deciding.isPresent() ? deciding.get().allow() : peer.uid() == ownUser;
        return allowed ? Optional.empty() : Optional.of(refusal(peer, verb, "'" + KernelString.printable(name.text()) + "'", deciding));
    }

    /** Whether the peer may do this with any name at all; in doubt yes. */
    public Optional<Refusal> checkAny(Peer peer, Verb verb) {
        for (AccessRule rule : rules) {
            if (rule.isAbout(peer, verb) && rule.allow()) {
                return Optional.empty();
            }
            if (rule.isAbout(peer, verb) && rule.names().isEmpty() && rule.owner() instanceof AccessRule.Owner.Anybody) {
                return Optional.of(refusal(peer, verb, "anything", Optional.of(rule)));
            }
        }
        return peer.uid() == ownUser ? Optional.empty() : Optional.of(refusal(peer, verb, "anything", Optional.empty()));
    }

    /** Where the peer may have files opened under a name it may open. */
    public List<String> foldersFor(Peer peer, FdName name) {
        return deciding(peer, Verb.OPEN, name, OptionalInt.empty()).map(AccessRule::folders).filter(own -> !own.isEmpty()).orElse(folders);
    }

    private Optional<AccessRule> deciding(Peer peer, Verb verb, FdName name, OptionalInt storedBy) {
        return rules.stream()
                .filter(rule -> rule.isAbout(peer, verb) && rule.isAbout(name) && rule.owner().covers(peer, storedBy))
                .findFirst();
    }

    private Refusal refusal(Peer peer, Verb verb, String what, Optional<AccessRule> deciding) {
        String because = deciding.isPresent()
                ? "the rule at " + KernelString.printable(deciding.get().place()) + " denies it"
                : rules.isEmpty() ? "only user " + ownUser + " may, as the broker has no policy file"
                : "no rule of the policy allows it, and without one only user " + ownUser + " may";
        String unknown = asksForProgram() && peer.program().isEmpty() ? "; what program pid " + peer.pid() + " runs cannot be told" : "";
        return new Refusal(
                Refusal.Reason.NOT_ALLOWED,
                peer.text() + " may not " + verb.word() + " " + what + ": " + because + unknown,
                "as user " + ownUser + "; or let the broker's policy file allow it: thaw broker serve --policy FILE");
    }
}
