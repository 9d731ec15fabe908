package dev.thaw.plan;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** Globs over path text: {@code *}, {@code ?} and the sets {@code [a-z]} and {@code [!a-z]} stay within a component, {@code **} crosses them. */
final class Glob {
    private static final Map<String, Pattern> COMPILED = new ConcurrentHashMap<>();

    private Glob() {}

    static boolean matches(String glob, String text) {
        return COMPILED.computeIfAbsent(glob, Glob::compile).matcher(text).matches();
    }

    private static Pattern compile(String glob) {
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < glob.length(); i++) {
            char c = glob.charAt(i);
            int end = c == '[' ? endOfSet(glob, i) : -1;
            if (c == '*' && i + 1 < glob.length() && glob.charAt(i + 1) == '*') {
                regex.append(".*");
                i++;
            } else if (c == '*') {
                regex.append("[^/]*");
            } else if (c == '?') {
                regex.append("[^/]");
            } else if (end > 0) {
                regex.append(set(glob.substring(i + 1, end)));
                i = end;
            } else {
                // By code point: the halves of a surrogate pair match nothing.
                int literal = glob.codePointAt(i);
                regex.append(String.format("\\x{%x}", literal));
                i += Character.charCount(literal) - 1;
            }
        }
        return Pattern.compile(regex.toString(), Pattern.DOTALL);
    }

    /** Where the set that starts here is closed; a bracket right behind the opening one, or behind its negation, is a member. */
    private static int endOfSet(String glob, int start) {
        boolean negated = start + 1 < glob.length() && isNegation(glob.charAt(start + 1));
        return glob.indexOf(']', start + (negated ? 3 : 2));
    }

    private static boolean isNegation(char c) {
        return c == '!' || c == '^';
    }

    private static String set(String members) {
        boolean negated = isNegation(members.charAt(0));
        int[] body = (negated ? members.substring(1) : members).codePoints().toArray();
        StringBuilder ranges = new StringBuilder();
        for (int i = 0; i < body.length; i++) {
            boolean range = i + 2 < body.length && body[i + 1] == '-';
            int first = body[i];
            i += range ? 2 : 0;
            // A range that runs backwards has no members; the man page leaves it open (man 7 glob).
            if (first <= body[i]) {
                ranges.append(String.format("\\x{%x}-\\x{%x}", first, body[i]));
            }
        }
        if (ranges.isEmpty()) {
            return negated ? "[^/]" : "(?!)";
        }
        return "(?!/)[" + (negated ? "^" : "") + ranges + "]";
    }
}
