package dev.thaw.it.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.IntegrationTest;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.Signals;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code --once}: a checkpoint counts for one life. */
@IntegrationTest
@RequiresCriu
@Timeout(120)
class OnceIT {
    /** Numbers the lines that it reads. */
    private static final String COUNTER = "n=0; while read -r line; do n=$((n+1)); echo \"$n $line\"; done; exit 7";

    private static Streams.Attended start(Scratch scratch, String... more) {
        List<String> words = new ArrayList<>(List.of("run", "--once", "--image", scratch.path("image"), "--on-term", "checkpoint", "--stdin", "inherit",
                "--status-fd", "2"));
        words.addAll(List.of(more));
        words.addAll(List.of("--", "sh", "-c", COUNTER));
        return Streams.start(scratch, words.toArray(String[]::new));
    }

    private static boolean counts(Scratch scratch) {
        return FileCalls.lstatIfExists(scratch.path("image/current")).isPresent();
    }

    private static void assertLife(Scratch scratch, String said, boolean checkpoint, String... more) {
        try (Streams.Attended counter = start(scratch, more)) {
            counter.awaitReady();
            assertTrue(!counts(scratch), "nothing counts while it runs");
            assertEquals(said, counter.ask(said.substring(2)));
            if (checkpoint) {
                counter.thaw().signal(Signals.SIGTERM);
                counter.thaw().awaitEnd().expect(0);
            } else {
                counter.closeInput();
                counter.thaw().awaitEnd().expect(7);
            }
        }
        assertEquals(checkpoint, counts(scratch));
    }

    @Test
    void after_a_crash_the_command_is_started_and_no_checkpoint_restored_twice(Scratch scratch) {
        assertLife(scratch, "1 a\n", true);
        assertLife(scratch, "2 b\n", false);
        assertLife(scratch, "1 c\n", true);
        assertLife(scratch, "2 d\n", true);
    }

    @Test
    void after_a_restore_that_fails_the_command_is_started_and_no_older_checkpoint_tried(Scratch scratch) {
        assertLife(scratch, "1 a\n", true);
        assertLife(scratch, "2 b\n", true);
        assertLife(scratch, "1 c\n", false, "--criu", StoppingCriu.beginning(scratch, "restore", "echo no >&2; exit 1"));

        assertTrue(FileCalls.statIfExists(scratch.path("image/000002/quarantined")).isPresent());
        assertTrue(FileCalls.statIfExists(scratch.path("image/000001/quarantined")).isEmpty(), "it was left alone");
        assertLife(scratch, "1 d\n", false);
    }
}
