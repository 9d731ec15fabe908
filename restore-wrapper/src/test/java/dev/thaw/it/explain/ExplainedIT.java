package dev.thaw.it.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.it.IntegrationTest;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.RequiresTool;
import dev.thaw.it.Scratch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code thaw explain} knows what a real criu has just written. The table is docs/explained.md ({@code -DupdateDocs} rewrites it). */
@IntegrationTest
@RequiresCriu
@RequiresRoot
class ExplainedIT {
    private static final Path DOCUMENT = Path.of(System.getProperty("thaw.root", "..")).resolve("docs/explained.md");
    private static final Map<String, List<Stage.Shown>> SHOWN = new ConcurrentSkipListMap<>();
    /** Rules that no machine with a current kernel and criu comes to: their example lines are what they are tested with. */
    private static final Map<String, String> BY_TEXT = new TreeMap<>(Map.of(
            "descriptor-taken-in-criu", "needs a faulty plugin of criu",
            "inet-sockets-new-kernel", "needs a criu before 4.2 on Linux 6.16 or newer",
            "vdso-new-kernel", "needs a criu before 4.1 on Linux 6.13 or newer",
            "rseq", "needs a kernel before 5.13 or a criu before 3.17",
            "restores-at-once", "needs a criu before 4.1",
            "session-not-restorable", "needs a session that began in a pid namespace outside",
            "session-number-taken", "needs a criu in a session with a number of the image, whose pid is free",
            "out-of-memory", "needs a machine without memory"));

    static Stream<Act> acts() {
        return Stream.concat(DumpActs.all().stream(), RestoreActs.all().stream());
    }

    @ParameterizedTest
    @MethodSource("acts")
    @RequiresTool({"setpriv", "unshare"})
    @Timeout(60)
    void what_criu_writes_is_explained(Act act, Scratch scratch) throws Exception {
        try (Stage stage = new Stage(scratch)) {
            act.play().on(stage);
            SHOWN.put(act.name(), stage.shown());
        }
    }

    @AfterAll
    static void the_document_says_the_same() throws IOException {
        if (SHOWN.size() < acts().count()) {
            return; // some cannot be played here, or failed and have said so
        }
        StringBuilder text = new StringBuilder("""
                # How the explanations are tested

                Made by a test that has criu fail in each of these ways, and looks whether `thaw explain` knows why: the rules are those of docs/errors.md.
                Numbers are N. What criu refuses to dump because of one descriptor or mapping is in docs/foretold.md, with its rule.

                | rule | what was done | criu wrote |
                |---|---|---|
                """);
        acts().flatMap(act -> SHOWN.get(act.name()).stream()).forEach(shown -> text.append("| ").append(shown.rule()).append(" | ")
                .append(shown.done()).append(" | ").append(shown.line()).append(" |\n"));
        text.append("\nTested by the text of their example lines alone:\n\n");
        BY_TEXT.forEach((rule, why) -> text.append("- ").append(rule).append(": ").append(why).append('\n'));
        if (System.getProperty("updateDocs") != null) {
            Files.writeString(DOCUMENT, text, StandardCharsets.UTF_8);
        }
        assertEquals(withoutLines(text.toString()), Files.exists(DOCUMENT) ? withoutLines(Files.readString(DOCUMENT)) : "",
                "docs/explained.md is stale: run this test with -DupdateDocs");
    }

    /** What criu writes may tell of the machine: a state, the way its cgroups are mounted. */
    private static String withoutLines(String document) {
        return document.replaceAll("(?m)^(\\| [^|]+ \\| [^|]+ \\|).*$", "$1");
    }
}
