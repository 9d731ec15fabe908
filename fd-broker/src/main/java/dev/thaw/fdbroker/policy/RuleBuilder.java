package dev.thaw.fdbroker.policy;

import dev.thaw.fdbroker.policy.AccessRule.Owner;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;

/** The fields of one rule, as they were written, become a rule. */
final class RuleBuilder {
    private static final Set<String> KEYS =
            Set.of("uid", "gid", "cgroup", "executable", "verbs", "names", "stored-by", "folders", "action");

    private final String file;
    private final int line;
    private final Map<String, Value> fields;
    private final Function<String, OptionalInt> users;
    private final Function<String, OptionalInt> groups;

    /** The words after a key, and their line. */
    record Value(int line, List<String> words) {
    }

    RuleBuilder(String file, int line, Map<String, Value> fields, Function<String, OptionalInt> users, Function<String, OptionalInt> groups) {
        this.file = file;
        this.line = line;
        this.fields = fields;
        this.users = users;
        this.groups = groups;
    }

    AccessRule build() {
        for (Map.Entry<String, Value> field : fields.entrySet()) {
            if (!KEYS.contains(field.getKey())) {
                throw new PolicyException(file, field.getValue().line(), "there is no key '" + field.getKey() + "'; known are "
                        + String.join(", ", KEYS.stream().sorted().toList()));
            }
        }
        return new AccessRule(
                ids("uid", "user", users),
                ids("gid", "group", groups),
                path("cgroup"),
                path("executable"),
                verbs(),
                words("names").stream().map(Glob::ofName).toList(),
                owner(),
                folders(),
                allows(),
                file + ":" + line);
    }

    private Set<Integer> ids(String key, String what, Function<String, OptionalInt> lookup) {
        Set<Integer> ids = new HashSet<>();
        for (String word : words(key)) {
            ids.add(id(key, word, what, lookup));
        }
        return ids;
    }

    private int id(String key, String word, String what, Function<String, OptionalInt> lookup) {
        if (word.matches("\\d{1,9}")) {
            return Integer.parseInt(word);
        }
        return lookup.apply(word).orElseThrow(() -> wrong(key, "there is no " + what + " '" + word + "' in /etc"));
    }

    private Optional<Glob> path(String key) {
        List<String> words = words(key);
        if (words.size() > 1 || words.stream().anyMatch(word -> !word.startsWith("/"))) {
            throw wrong(key, "it is one pattern of an absolute path");
        }
        return words.stream().map(Glob::ofPath).findFirst();
    }

    private Set<Verb> verbs() {
        Set<Verb> verbs = EnumSet.noneOf(Verb.class);
        for (String word : words("verbs")) {
            verbs.add(EnumSet.allOf(Verb.class).stream().filter(verb -> verb.word().equals(word)).findFirst().orElseThrow(
                    () -> wrong("verbs", "there is no verb '" + word + "'; known are store, retrieve, list, delete, open")));
        }
        return verbs;
    }

    private Owner owner() {
        List<String> words = words("stored-by");
        if (words.size() > 1) {
            throw wrong("stored-by", "it is one user, or self");
        }
        if (words.isEmpty()) {
            return new Owner.Anybody();
        }
        return words.get(0).equals("self") ? new Owner.Self() : new Owner.User(id("stored-by", words.get(0), "user", users));
    }

    private List<String> folders() {
        List<String> folders = words("folders");
        if (folders.stream().anyMatch(folder -> !folder.startsWith("/"))) {
            throw wrong("folders", "they are absolute paths");
        }
        return folders;
    }

    private boolean allows() {
        List<String> words = words("action");
        if (words.equals(List.of("allow"))) {
            return true;
        }
        if (words.equals(List.of("deny"))) {
            return false;
        }
        if (words.isEmpty()) {
            throw new PolicyException(file, line, "the rule has no 'action: allow' or 'action: deny'");
        }
        throw wrong("action", "it is allow or deny");
    }

    private List<String> words(String key) {
        return fields.containsKey(key) ? fields.get(key).words() : List.of();
    }

    private PolicyException wrong(String key, String why) {
        return new PolicyException(file, fields.get(key).line(), key + ": " + why);
    }
}
