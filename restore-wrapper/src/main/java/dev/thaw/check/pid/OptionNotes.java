package dev.thaw.check.pid;

import dev.thaw.check.Finding;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The options that thaw gives criu by itself, and why: with plain criu they would have to be known. */
final class OptionNotes {
    private static final Map<String, String> REASONS = new LinkedHashMap<>();

    static {
        REASONS.put("--shell-job", "the root leads no session of its own, or is on a terminal of somebody else");
        REASONS.put("--file-locks", "files are locked");
        REASONS.put("--link-remap", "a deleted file has another name still; criu makes a link beside it, for one restore");
        REASONS.put("--ghost-limit", "a deleted file is open, and its content goes into the image");
        REASONS.put("--external", "the other side is outside the tree, or criu cannot reach it");
        REASONS.put("--ext-unix-sk", "datagrams go to a socket outside, by its name");
        REASONS.put("--tcp-close", "TCP sockets are closed after a restore");
        REASONS.put("--tcp-established", "TCP connections go on after a restore");
        REASONS.put("--skip-in-flight", "connections that were not accepted are dropped");
        REASONS.put("--network-lock", "the network has to be quiet during the dump");
        REASONS.put("--allow-uprobes", "a tracer has set user space probes");
        REASONS.put("--unprivileged", "criu does not run as root of the machine");
    }

    private OptionNotes() {}

    /** One note for each kind of option. */
    static List<Finding> of(List<String> criuOptions) {
        Map<String, List<String>> values = new LinkedHashMap<>();
        String option = "";
        for (String word : criuOptions) {
            if (word.startsWith("--")) {
                option = word;
                values.computeIfAbsent(option, none -> new ArrayList<>());
            } else {
                values.get(option).add(word);
            }
        }
        List<Finding> notes = new ArrayList<>();
        values.forEach((name, arguments) -> notes.add(Finding.note("thaw checkpoint gives criu " + name + shown(arguments),
                REASONS.getOrDefault(name, "the tree needs it"))));
        return notes;
    }

    private static String shown(List<String> arguments) {
        if (arguments.isEmpty()) {
            return "";
        }
        return " " + arguments.get(0) + (arguments.size() > 1 ? " and " + (arguments.size() - 1) + " more of it" : "");
    }
}
