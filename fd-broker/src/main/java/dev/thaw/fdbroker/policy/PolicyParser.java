package dev.thaw.fdbroker.policy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * Reads a policy file: YAML documents separated by {@code ---}, each one rule. Of YAML it knows what rules need: keys with a word or a list
 * in brackets, quotes, comments.
 */
public final class PolicyParser {
    private final String file;
    private final Function<String, OptionalInt> users;
    private final Function<String, OptionalInt> groups;
    private final List<AccessRule> rules = new ArrayList<>();

    private PolicyParser(String file, Function<String, OptionalInt> users, Function<String, OptionalInt> groups) {
        this.file = file;
        this.users = users;
        this.groups = groups;
    }

    /**
     * @param file its name, for messages
     * @param users number of a user by name
     * @param groups number of a group by name
     * @throws PolicyException at the first thing that is wrong
     */
    public static List<AccessRule> parse(String file, String text, Function<String, OptionalInt> users,
                                         Function<String, OptionalInt> groups) {
        PolicyParser parser = new PolicyParser(file, users, groups);
        parser.read(text);
        return List.copyOf(parser.rules);
    }

    private void read(String text) {
        Map<String, RuleBuilder.Value> fields = new LinkedHashMap<>();
        int number = 0;
        int start = 1;
        for (String line : text.split("\n", -1)) {
            number++;
            String content = withoutComment(line).stripTrailing();
            if (content.equals("---")) {
                addRule(fields, start);
                start = number + 1;
            } else if (!content.isBlank()) {
                start = fields.isEmpty() ? number : start;
                addField(fields, content, number);
            }
        }
        addRule(fields, start);
    }

    private void addField(Map<String, RuleBuilder.Value> fields, String content, int number) {
        int colon = content.indexOf(':');
        boolean separates = colon > 0 && (colon + 1 == content.length() || content.charAt(colon + 1) == ' ');
        if (!separates || Character.isWhitespace(content.charAt(0))) {
            throw new PolicyException(file, number, "a line is 'key: value', at the margin; this one is '" + content.strip() + "'");
        }
        String key = content.substring(0, colon);
        RuleBuilder.Value value = new RuleBuilder.Value(number, words(content.substring(colon + 1).strip(), number));
        if (fields.putIfAbsent(key, value) != null) {
            throw new PolicyException(file, number, "'" + key + "' is there twice; between two rules is a line '---'");
        }
    }

    private void addRule(Map<String, RuleBuilder.Value> fields, int line) {
        if (!fields.isEmpty()) {
            rules.add(new RuleBuilder(file, line, fields, users, groups).build());
            fields.clear();
        }
    }

    private List<String> words(String value, int number) {
        if (value.isEmpty()) {
            throw new PolicyException(file, number, "there is no value");
        }
        if (!value.startsWith("[")) {
            return List.of(unquoted(value));
        }
        if (!value.endsWith("]")) {
            throw new PolicyException(file, number, "a list ends with ']' in the same line");
        }
        List<String> words = new ArrayList<>();
        for (String word : value.substring(1, value.length() - 1).split(",", -1)) {
            if (word.isBlank()) {
                throw new PolicyException(file, number, "an item of the list is empty");
            }
            words.add(unquoted(word.strip()));
        }
        return words;
    }

    private static String unquoted(String word) {
        boolean quoted = word.length() >= 2 && (word.charAt(0) == '"' || word.charAt(0) == '\'') && word.endsWith(word.substring(0, 1));
        return quoted ? word.substring(1, word.length() - 1) : word;
    }

    /** A comment starts the line, or follows a blank. */
    private static String withoutComment(String line) {
        if (line.startsWith("#")) {
            return "";
        }
        int at = line.indexOf(" #");
        return at < 0 ? line : line.substring(0, at);
    }
}
