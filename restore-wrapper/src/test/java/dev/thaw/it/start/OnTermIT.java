package dev.thaw.it.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.thaw.it.Await;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.Signals;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code --on-term checkpoint} when there comes no checkpoint of it: then the application gets the signal. */
@IntegrationTest
@RequiresCriu
class OnTermIT {
    private static final String HANGS = "echo $$ >at; exec sleep 1000";

    private static ThawProcess start(Scratch scratch, String criu, String script, String... more) {
        List<String> words = new ArrayList<>(List.of("run", "-v", "--image", scratch.path("image"), "--on-term", "checkpoint", "--criu", criu,
                "--status-fd", "9"));
        words.addAll(List.of(more));
        words.addAll(List.of("--", "sh", "-c", script));
        try (OwnedFd status = scratch.open("status", OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND)) {
            ThawProcess thaw = ThawProcess.in(scratch).descriptor(9, status.number()).start(words.toArray(String[]::new));
            // Before the application counts as up a signal is simply its.
            Await.until("ready", () -> scratch.read("status").contains("\"event\":\"ready\""));
            thaw.awaitOut("up\n");
            return thaw;
        }
    }

    private static void assertNoGeneration(Scratch scratch) {
        assertEquals(List.of(), FileCalls.list(scratch.path("image")).stream().filter(name -> name.matches("\\d+|current")).toList());
    }

    @Test
    void a_second_sigterm_is_passed_on(Scratch scratch) {
        try (ThawProcess thaw = start(scratch, StoppingCriu.beginning(scratch, "dump", HANGS), "echo up; exec sleep 1000", "--settle", "0")) {
            thaw.signal(Signals.SIGTERM);
            StoppingCriu.await(scratch, thaw);
            thaw.signal(Signals.SIGTERM);
            thaw.awaitEnd().expect(143).expectErr("no checkpoint was written: ").expectErr("SIGTERM passed on");
            assertNoGeneration(scratch);
        }
    }

    @Test
    void a_checkpoint_that_fails_is_followed_by_the_signal_and_what_the_application_makes_of_it(Scratch scratch) {
        try (ThawProcess thaw = start(scratch, StoppingCriu.beginning(scratch, "dump", "echo no >&2; exit 1"),
                "trap 'exit 5' TERM; echo up; while :; do sleep 0.05; done", "--settle", "0")) {
            thaw.signal(Signals.SIGTERM);
            thaw.awaitEnd().expect(5).expectErr("no checkpoint was written: criu could not dump").expectErr("SIGTERM passed on");
            assertNoGeneration(scratch);
        }
    }

    @Test
    void a_restored_application_that_is_told_to_end_before_it_is_up_is_followed_by_no_other_start(Scratch scratch) {
        String[] words = {"run", "--image", scratch.path("image"), "--on-term", "checkpoint", "--status-fd", "2", "--settle", "0", "--", "sleep", "1000"};
        try (ThawProcess thaw = ThawProcess.in(scratch).start(words)) {
            thaw.awaitErr("\"event\":\"ready\"");
            thaw.signal(Signals.SIGTERM);
            thaw.awaitEnd().expect(0);
        }
        words[8] = "50s";
        try (ThawProcess thaw = ThawProcess.in(scratch).start(words)) {
            thaw.awaitErr("\"event\":\"restored\"");
            thaw.signal(Signals.SIGTERM);
            String said = thaw.awaitEnd().expect(143).err();
            assertFalse(said.contains("\"started\"") || said.contains("\"quarantined\""), said);
        }
    }

    @Test
    void a_checkpoint_that_takes_too_long_is_given_up_and_followed_by_the_signal(Scratch scratch) {
        try (ThawProcess thaw = start(scratch, StoppingCriu.beginning(scratch, "dump", HANGS), "echo up; exec sleep 1000", "--settle", "0",
                "--term-limit", "1s")) {
            thaw.signal(Signals.SIGTERM);
            thaw.awaitEnd().expect(143).expectErr("had not ended after 1 s");
            assertNoGeneration(scratch);
        }
    }
}
