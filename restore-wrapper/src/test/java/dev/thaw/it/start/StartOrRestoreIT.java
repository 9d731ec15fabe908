package dev.thaw.it.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.Signals;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code run --image}: one command for the first start, every restore, and every failure of one. */
@IntegrationTest
@RequiresCriu
class StartOrRestoreIT {
    /** Writes 1, 2, 3 … to its output, with nothing but the shell's own commands. */
    private static final String COUNTER = "i=0; while :; do i=$((i+1)); echo $i; read -r nothing <>\"$0\"; done";

    private static ThawProcess start(Scratch scratch, String... more) {
        if (FileCalls.lstatIfExists(scratch.path("tick")).isEmpty()) {
            FileCalls.mkfifo(scratch.path("tick"), 0600);
        }
        List<String> words = new ArrayList<>(List.of("run", "-v", "--image", scratch.path("image"), "--stdout", "append:" + scratch.path("log")));
        words.addAll(List.of(more));
        words.addAll(List.of("--", "sh", "-c", COUNTER, scratch.path("tick")));
        return ThawProcess.in(scratch).start(words.toArray(String[]::new));
    }

    private static List<String> log(Scratch scratch) {
        return FileCalls.statIfExists(scratch.path("log")).isEmpty() ? List.of() : scratch.read("log").lines().toList();
    }

    /** Lets the counter count one further, and waits for it. */
    private static void tick(Scratch scratch) {
        int before = log(scratch).size();
        try (var fifo = FileCalls.open(scratch.path("tick"), dev.thaw.linux.OpenFlags.O_RDWR)) {
            FileCalls.writeFully(fifo.number(), new byte[] {'\n'});
            Await.until("the next number", () -> log(scratch).size() > before);
        }
    }

    private static void checkpointByTerm(ThawProcess thaw) {
        thaw.signal(Signals.SIGTERM);
        thaw.awaitEnd().expect(0);
    }

    private static void awaitUp(Scratch scratch, ThawProcess thaw, String word) {
        thaw.awaitErr(word);
    }

    @Test
    @Timeout(120)
    void nothing_is_lost_or_doubled_over_several_lives(Scratch scratch) {
        for (int life = 0; life < 5; life++) {
            try (ThawProcess thaw = start(scratch, "--on-term", "checkpoint", "--settle", "50ms", "--ready-command", "true", "--status-fd", "2")) {
                awaitUp(scratch, thaw, "\"event\":\"ready\"");
                assertEquals(life > 0, thaw.err().contains("\"event\":\"restored\""), thaw.err());
                Await.until("a number", () -> !log(scratch).isEmpty());
                tick(scratch);
                checkpointByTerm(thaw);
                assertTrue(thaw.err().contains("\"event\":\"checkpointed\""), thaw.err());
            }
        }
        List<String> expected = IntStream.rangeClosed(1, 6).mapToObj(Integer::toString).toList();
        assertEquals(expected, log(scratch));
        assertEquals(2, FileCalls.list(scratch.path("image")).stream().filter(name -> name.startsWith("0")).count());
    }

    @Test
    @Timeout(120)
    void a_generation_that_fails_is_quarantined_and_the_older_one_is_restored(Scratch scratch) {
        for (int life = 0; life < 2; life++) {
            try (ThawProcess thaw = start(scratch, "--on-term", "checkpoint", "--status-fd", "2")) {
                awaitUp(scratch, thaw, "\"event\":\"ready\"");
                checkpointByTerm(thaw);
            }
        }
        String pages = FileCalls.list(scratch.path("image/000002")).stream().filter(name -> name.startsWith("core-")).findFirst().orElseThrow();
        FileCalls.writeFile(scratch.path("image/000002/" + pages), new byte[] {1, 2, 3}, 0600);
        try (ThawProcess thaw = start(scratch, "--status-fd", "2")) {
            awaitUp(scratch, thaw, "\"event\":\"ready\"");
            assertTrue(thaw.err().contains("\"event\":\"quarantined\",\"generation\":2"), thaw.err());
            assertTrue(thaw.err().contains("\"event\":\"restored\""), thaw.err());
            thaw.signal(Signals.SIGTERM);
            thaw.awaitEnd().expect(143);
        }
        ThawProcess.run(scratch, "inspect", scratch.path("image/000001")).expect(0);
        assertTrue(ThawProcess.run(scratch, "inspect", scratch.path("image")).expect(0).out().contains("quarantined: generation 000002"));
    }

    @Test
    @Timeout(120)
    void an_image_of_another_command_is_not_restored_for_this_one(Scratch scratch) {
        try (ThawProcess thaw = start(scratch, "--on-term", "checkpoint", "--status-fd", "2")) {
            awaitUp(scratch, thaw, "\"event\":\"ready\"");
            checkpointByTerm(thaw);
        }
        ThawProcess.run(scratch, "run", "--image", scratch.path("image"), "--", "sh", "-c", "exit 7").expect(7).expectErr("the image is of another command");
        ThawProcess.run(scratch, "run", "--image", scratch.path("image"), "--on-failure", "fail", "--", "sh", "-c", "exit 7").expect(121);
        assertEquals(List.of(), FileCalls.list(scratch.path("image/000001")).stream().filter(name -> name.equals("quarantined")).toList());
    }

    @Test
    @Timeout(120)
    void a_hook_that_fails_lets_the_command_be_started_anew(Scratch scratch) {
        try (ThawProcess thaw = start(scratch, "--on-term", "checkpoint", "--status-fd", "2")) {
            awaitUp(scratch, thaw, "\"event\":\"ready\"");
            checkpointByTerm(thaw);
        }
        try (ThawProcess thaw = start(scratch, "--after-restore", "echo no; exit 3", "--status-fd", "2")) {
            awaitUp(scratch, thaw, "\"event\":\"ready\"");
            assertTrue(thaw.err().contains("the command of --after-restore failed"), thaw.err());
            assertTrue(thaw.err().contains("\"event\":\"started\""), thaw.err());
            thaw.signal(Signals.SIGTERM);
            thaw.awaitEnd().expect(143);
        }
    }
}
