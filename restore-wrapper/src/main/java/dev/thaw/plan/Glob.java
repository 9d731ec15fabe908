package dev.thaw.plan;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** Globs over path text: {@code *} and {@code ?} stay within a component, {@code **} crosses them, {@code [a-z]} and {@code [!a-z]} are sets. */
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
            int end = c == '[' ? glob.indexOf(']', i + 2) : -1;
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
                regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        return Pattern.compile(regex.toString(), Pattern.DOTALL);
    }

    private static String set(String members) {
        boolean negated = members.startsWith("!") || members.startsWith("^");
        String body = (negated ? members.substring(1) : members).replace("\\", "\\\\").replace("[", "\\[").replace("&", "\\&")
                .replace("^", "\\^");
        return "[" + (negated ? "^" : "") + body + "]";
    }
}
