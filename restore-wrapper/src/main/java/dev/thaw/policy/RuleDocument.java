package dev.thaw.policy;

import dev.thaw.fdbroker.Source;
import dev.thaw.fdbroker.SourceParser;
import dev.thaw.plan.Rule;
import dev.thaw.plan.Rule.Action;
import dev.thaw.plan.Rule.Missing;
import dev.thaw.plan.Selector;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** One document of a policy file. */
final class RuleDocument {
    private static final Set<String> TYPES = Set.of("file", "pipe", "socket", "tty", "fifo", "memfd", "device", "other", "closed");
    private static final List<String> WORDS =
            List.of("type", "path", "fd", "pid", "command", "peer", "action", "to", "name", "missing", "warn");

    private final String file;
    private final int line;
    private final Map<String, String> values = new LinkedHashMap<>();
    private final Map<String, Integer> lines = new LinkedHashMap<>();

    RuleDocument(String file, MappingNode document) {
        this.file = file;
        this.line = PolicyFile.line(document.getStartMark().orElse(null));
        for (NodeTuple tuple : document.getValue()) {
            String word = scalar(tuple.getKeyNode());
            int at = PolicyFile.line(tuple.getKeyNode().getStartMark().orElse(null));
            if (!WORDS.contains(word)) {
                throw new PolicyException(file, at, "'" + word + "' is none of " + String.join(", ", WORDS));
            }
            if (values.put(word, scalar(tuple.getValueNode())) != null) {
                throw new PolicyException(file, at, "'" + word + "' is there twice");
            }
            lines.put(word, at);
        }
    }

    private String scalar(Node node) {
        if (node instanceof ScalarNode scalar) {
            return scalar.getValue();
        }
        throw new PolicyException(file, PolicyFile.line(node.getStartMark().orElse(null)), "a single value is expected here, no list or mapping");
    }

    Rule toRule() {
        Optional<String> type = text("type");
        type.filter(word -> !TYPES.contains(word)).ifPresent(word -> {
            throw wrong("type", "'" + word + "' is none of " + String.join(", ", TYPES.stream().sorted().toList()));
        });
        if (type.filter("closed"::equals).isPresent() && !values.containsKey("fd")) {
            throw wrong("type", "type: closed needs fd: with the number of a descriptor that the application had closed");
        }
        Selector selector = new Selector.Pattern(type, text("path"), number("fd"), number("pid"), text("command"), text("peer"),
                file + " line " + line);
        boolean warn = !text("warn").orElse("true").equals("false");
        return new Rule(selector, action(), file + " line " + line, false, warn);
    }

    private Action action() {
        String action = text("action").orElse("error");
        switch (action) {
            case "error":
                return new Action.Refuse();
            case "original":
                return from(new Source.Original());
            case "inherit":
                return from(values.containsKey("to") ? source("to", false) : new Source.Inherit());
            case "reopen":
                return reopen();
            case "null":
                return from(new Source.Null());
            case "journal":
                return from(new Source.Journal(text("name").orElse("")));
            case "pty":
                return from(new Source.Pty());
            case "broker":
                return from(new Source.Broker(text("name").filter(name -> !name.isEmpty())
                        .orElseThrow(() -> wrong("action", "action: broker needs name: with the name that the broker knows"))));
            default:
                throw wrong("action", "'" + action + "' is none of error, original, inherit, reopen, null, journal, pty, broker");
        }
    }

    private Action reopen() {
        Optional<String> to = text("to");
        if (to.isEmpty()) {
            return from(new Source.Original());
        }
        return to.get().equals("cgroup") ? new Action.FromCgroup(missing()) : from(source("to", true));
    }

    private Source source(String word, boolean orPath) {
        try {
            return orPath ? SourceParser.parseOrPath(values.get(word)) : SourceParser.parse(values.get(word));
        } catch (IllegalArgumentException e) {
            throw wrong(word, e.getMessage());
        }
    }

    private Action from(Source source) {
        return new Action.From(source, missing());
    }

    private Missing missing() {
        String word = text("missing").orElse("error");
        switch (word) {
            case "error":
                return Missing.ERROR;
            case "nearest":
                return Missing.NEAREST;
            case "null":
                return Missing.NULL;
            default:
                throw wrong("missing", "'" + word + "' is none of error, nearest, null");
        }
    }

    private OptionalInt number(String word) {
        Optional<String> digits = text(word);
        if (digits.isEmpty()) {
            return OptionalInt.empty();
        }
        if (!digits.get().matches("[0-9]{1,9}")) {
            throw wrong(word, "a number, 0 or more, is expected");
        }
        return OptionalInt.of(Integer.parseInt(digits.get()));
    }

    private Optional<String> text(String word) {
        return Optional.ofNullable(values.get(word));
    }

    private PolicyException wrong(String word, String expected) {
        return new PolicyException(file, lines.getOrDefault(word, line), expected);
    }
}
