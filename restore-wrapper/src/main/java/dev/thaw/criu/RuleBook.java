package dev.thaw.criu;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Reads rules.txt. */
final class RuleBook {
    private static final String RESOURCE = "rules.txt";

    private RuleBook() {}

    /** The rules that thaw ships, in the order of the file. */
    static List<FailureRule> shipped() {
        return Holder.RULES;
    }

    /** Read at the first failure only. */
    private static final class Holder {
        static final List<FailureRule> RULES = parse(read());
    }

    /** @throws IllegalArgumentException naming the line that does not have the form described at the head of rules.txt */
    static List<FailureRule> parse(String text) {
        List<FailureRule> rules = new ArrayList<>();
        Optional<Block> open = Optional.empty();
        int number = 0;
        for (String line : (text + "\n").split("\n", -1)) {
            number++;
            if (line.startsWith("#")) {
                continue;
            }
            if (line.isBlank()) {
                open.ifPresent(block -> rules.add(block.close()));
                open = Optional.empty();
            } else if (open.isPresent()) {
                open.get().add(line, number);
            } else {
                open = Optional.of(Block.begin(line, number));
            }
        }
        return List.copyOf(rules);
    }

    private static String read() {
        try (InputStream resource = RuleBook.class.getResourceAsStream(RESOURCE)) {
            if (resource == null) {
                throw new IllegalStateException(RESOURCE + " is missing from thaw's own jar");
            }
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static IllegalArgumentException malformed(int line, String reason) {
        return new IllegalArgumentException(RESOURCE + " line " + line + ": " + reason);
    }

    /** A rule being read. */
    private static final class Block {
        private final int firstLine;
        private final FailureRule.Kind kind;
        private final String name;
        private final List<Pattern> matches = new ArrayList<>();
        private final List<Pattern> exceptions = new ArrayList<>();
        private final List<String> examples = new ArrayList<>();
        private final StringBuilder cause = new StringBuilder();
        private final StringBuilder advice = new StringBuilder();
        /** What a line that starts with blanks goes on with. */
        private StringBuilder continued = new StringBuilder();

        private Block(int firstLine, FailureRule.Kind kind, String name) {
            this.firstLine = firstLine;
            this.kind = kind;
            this.name = name;
        }

        static Block begin(String line, int number) {
            String[] words = line.split(" ", -1);
            if (words.length == 2 && !words[1].isEmpty()) {
                for (FailureRule.Kind kind : FailureRule.Kind.values()) {
                    if (kind.name().toLowerCase(Locale.ROOT).equals(words[0])) {
                        return new Block(number, kind, words[1]);
                    }
                }
            }
            throw malformed(number, "a block begins with rule, weak, hang, hint or noise, and a name");
        }

        void add(String line, int number) {
            if (line.startsWith(" ")) {
                continued.append(' ').append(line.strip());
                return;
            }
            int blank = line.indexOf(' ');
            String value = blank < 0 ? "" : line.substring(blank + 1);
            switch (blank < 0 ? line : line.substring(0, blank)) {
                case "match" -> matches.add(pattern(value, number));
                case "unless" -> exceptions.add(pattern(value, number));
                case "example" -> examples.add(value);
                case "cause" -> continued = cause.append(value);
                case "advice" -> continued = advice.append(value);
                default -> throw malformed(number, "unknown field: " + line);
            }
        }

        private static Pattern pattern(String regex, int number) {
            try {
                return Pattern.compile(regex);
            } catch (PatternSyntaxException e) {
                throw malformed(number, e.getDescription());
            }
        }

        FailureRule close() {
            if (matches.isEmpty() || cause.isEmpty() || examples.isEmpty()) {
                throw malformed(firstLine, name + " lacks match, cause or example");
            }
            return new FailureRule(name, kind, matches, exceptions, cause.toString(), advice.toString(), examples);
        }
    }
}
