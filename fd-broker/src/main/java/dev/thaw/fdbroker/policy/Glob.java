package dev.thaw.fdbroker.policy;

import java.util.regex.Pattern;

/** A pattern in a policy: {@code ?} is one character, {@code *} any number of them. */
public final class Glob {
    private final String text;
    private final Pattern pattern;

    private Glob(String text, Pattern pattern) {
        this.text = text;
        this.pattern = pattern;
    }

    /** For names: a star stands for every character. */
    public static Glob ofName(String text) {
        return new Glob(text, compiled(text, ".", ".*"));
    }

    /** For paths: a star and a question mark stop at slashes, two stars do not. */
    public static Glob ofPath(String text) {
        return new Glob(text, compiled(text, "[^/]", "[^/]*"));
    }

    public boolean matches(String candidate) {
        return pattern.matcher(candidate).matches();
    }

    @Override
    public String toString() {
        return text;
    }

    private static Pattern compiled(String text, String one, String many) {
        StringBuilder regex = new StringBuilder();
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '?') {
                regex.append(one);
            } else if (c != '*') {
                regex.append(Pattern.quote(String.valueOf(c)));
            } else if (at + 1 < text.length() && text.charAt(at + 1) == '*') {
                regex.append(".*");
                at++;
            } else {
                regex.append(many);
            }
        }
        return Pattern.compile(regex.toString(), Pattern.DOTALL);
    }
}
