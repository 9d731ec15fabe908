package dev.thaw.rehearse;

import dev.thaw.report.Durations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What is done to the world between a checkpoint and the restore. */
public sealed interface Change {
    /** The word that the user wrote. */
    String word();

    /** Changes that are no more than a word. */
    enum Simple implements Change {
        /** Each file that is open for writing only is renamed, and an empty one is there under its name. */
        ROTATE_LOGS,
        /** Whoever read the output has gone; there is another pipe. */
        CLOSE_PIPES,
        /** The cgroup is gone, and thaw runs in another one. */
        MOVE_CGROUP,
        /** The application's streams are a terminal, and then another one. */
        NEW_TERMINAL,
        /** thaw restore runs in another directory. */
        OTHER_CWD;

        @Override
        public String word() {
            return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        }
    }

    /** A copy with the same content takes the place of a file, as when it is installed again. */
    record ReplaceFile(String path) implements Change {
        @Override
        public String word() {
            return "replace-file:" + path;
        }
    }

    /** The application finds its own clocks this much later, as a program finds them that was not scheduled for so long. */
    record Time(Duration later, String text) implements Change {
        @Override
        public String word() {
            return "time:+" + text;
        }
    }

    /**
     * Reads the value of {@code --change}.
     *
     * @throws IllegalArgumentException with a text for the user
     */
    static List<Change> parse(List<String> texts) {
        List<Change> changes = new ArrayList<>();
        for (String text : texts) {
            for (String word : text.split(",")) {
                changes.add(one(word));
            }
        }
        return List.copyOf(changes);
    }

    private static Change one(String word) {
        if (word.startsWith("replace-file:/")) {
            return new ReplaceFile(word.substring("replace-file:".length()));
        }
        if (word.startsWith("time:+")) {
            String text = word.substring("time:+".length());
            return new Time(Durations.parse(text), text);
        }
        for (Simple simple : Simple.values()) {
            if (simple.word().equals(word)) {
                return simple;
            }
        }
        throw new IllegalArgumentException("'" + word + "' is none of: rotate-logs, close-pipes, move-cgroup, new-terminal, other-cwd, replace-file:/PATH, time:+DURATION");
    }
}
