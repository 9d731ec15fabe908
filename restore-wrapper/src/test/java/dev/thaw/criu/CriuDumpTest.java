package dev.thaw.criu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class CriuDumpTest {
    private static final String ALWAYS = "/c dump --tree 7 --images-dir /i --work-dir /w --log-file dump.log -v4 --no-default-config --manage-cgroups=ignore";

    @Test
    void the_usual_options_are_always_there() {
        assertEquals(ALWAYS, line(new CriuDump(7, "/i", "/w", false, OptionalInt.empty(), "", List.of())));
    }

    @Test
    void what_the_tree_and_the_user_want_comes_last() {
        assertEquals(ALWAYS + " --leave-running --timeout 3 --action-script /s --external unix[1] --foo",
                line(new CriuDump(7, "/i", "/w", true, OptionalInt.of(3), "/s", List.of("--external", "unix[1]", "--foo"))));
    }

    private static String line(CriuDump dump) {
        return String.join(" ", dump.arguments("/c"));
    }
}
