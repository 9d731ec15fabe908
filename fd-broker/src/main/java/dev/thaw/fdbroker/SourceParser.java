package dev.thaw.fdbroker;

import dev.thaw.fdbroker.Source.How;

/** Reads the text of a SOURCE, as the command line and the policy file have it. */
public final class SourceParser {
    /** What a user may write, for messages. */
    public static final String FORMS =
            "inherit, original, null, append:PATH, file:PATH, read:PATH, rw:PATH, fd:N, broker:NAME, journal[:IDENTIFIER], pty, stdout";

    private SourceParser() {}

    /**
     * @throws IllegalArgumentException with a text for the user when {@code text} is none of {@link #FORMS}
     */
    public static Source parse(String text) {
        switch (text) {
            case "inherit":
                return new Source.Inherit();
            case "original":
                return new Source.Original();
            case "null":
                return new Source.Null();
            case "journal":
                return new Source.Journal("");
            case "pty":
                return new Source.Pty();
            case "stdout":
                return new Source.SameAsStdout();
            default:
                return parsePrefixed(text);
        }
    }

    /** Like {@link #parse}, and an absolute path alone means: this path instead, opened as the image recorded. For a path KEY. */
    public static Source parseOrPath(String text) {
        return text.startsWith("/") ? new Source.Open(text, How.AS_RECORDED) : parse(text);
    }

    private static Source parsePrefixed(String text) {
        int colon = text.indexOf(':');
        String word = colon < 0 ? text : text.substring(0, colon);
        String rest = colon < 0 ? "" : text.substring(colon + 1);
        if (!rest.isEmpty()) {
            for (How how : How.values()) {
                if (!how.word().isEmpty() && how.word().equals(word)) {
                    return new Source.Open(rest, how);
                }
            }
            switch (word) {
                case "fd":
                    return new Source.Descriptor(number(rest, text));
                case "broker":
                    return new Source.Broker(rest);
                case "journal":
                    return new Source.Journal(rest);
                default:
                    break;
            }
        }
        throw new IllegalArgumentException("'" + text + "' is no source; one of: " + FORMS);
    }

    private static int number(String digits, String text) {
        try {
            int number = Integer.parseInt(digits);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException("'" + text + "': the part after fd: is a descriptor number, 0 or more");
    }
}
