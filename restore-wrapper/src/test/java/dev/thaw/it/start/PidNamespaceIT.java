package dev.thaw.it.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Children;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.ProcessTable;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code --pid-namespace}, of run and of restore, and checkpoints of what lives in one. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
class PidNamespaceIT {
    /** Numbers the lines that it reads. */
    private static final String COUNTER = "n=0; while read -r line; do n=$((n+1)); echo \"$n $line\"; done; exit 7";

    private static Streams.Attended run(Scratch scratch) {
        return Streams.start(scratch, "run", "--pid-namespace", "--stdin", "inherit", "--pid-file", scratch.path("pid"), "--status-fd", "2", "--",
                "sh", "-c", COUNTER);
    }

    private static Streams.Attended restore(Scratch scratch, String... more) {
        String[] words = {"restore", "--pid-namespace", "--pid-file", scratch.path("pid"), "--status-fd", "2", scratch.path("image")};
        String[] all = Arrays.copyOf(words, words.length + more.length);
        System.arraycopy(more, 0, all, words.length, more.length);
        return Streams.start(scratch, all);
    }

    private static String pid(Scratch scratch) {
        return scratch.read("pid").strip();
    }

    @Test
    void what_is_started_in_one_sees_its_own_pids_only_and_its_exit_code_is_thaws(Scratch scratch) {
        ThawProcess.Result result = ThawProcess.run(scratch, "run", "--pid-namespace", "--", "sh", "-c", "echo $$; echo /proc/[0-9]*; exit 7").expect(7);
        List<String> lines = result.out().lines().toList();
        assertTrue(Integer.parseInt(lines.get(0)) < 50, result.out());
        assertEquals("/proc/1 /proc/" + lines.get(0), lines.get(1));
    }

    @Test
    void what_is_left_behind_in_one_ends_with_the_application(Scratch scratch) {
        ThawProcess.run(scratch, "run", "--pid-namespace", "--", "sh", "-c", "setsid sleep 1000 & exit 3").expect(3);
        assertEquals(List.of(), Children.tree(ProcessCalls.getpid()).stream()
                .filter(pid -> ProcessTable.commandLine(pid).orElse("").startsWith("sleep 1000")).toList());
    }

    @Test
    void orphans_in_one_are_reaped(Scratch scratch) {
        ThawProcess.run(scratch, "run", "--pid-namespace", "--", "sh", "-c",
                "(true & echo $! >orphan); read -r orphan <orphan; n=0; while [ -e /proc/$orphan ]; do n=$((n+1)); [ $n -lt 1000 ] || exit 9; sleep 0.01; done").expect(0);
    }

    @Test
    void the_signal_that_ends_it_is_thaws_exit_code(Scratch scratch) {
        try (Streams.Attended counter = run(scratch)) {
            counter.awaitReady();
            counter.thaw().signal(Signals.SIGTERM);
            counter.thaw().awaitEnd().expect(143);
        }
    }

    @Test
    @Timeout(120)
    void an_application_in_one_is_checkpointed_and_restored_and_checkpointed_again(Scratch scratch) {
        try (Streams.Attended counter = run(scratch)) {
            counter.awaitReady();
            assertEquals("1 a\n", counter.ask("a\n"));
            ThawProcess.run(scratch, "checkpoint", "--leave-running", pid(scratch), scratch.path("image")).expect(0);
            assertEquals("2 b\n", counter.ask("b\n"));
            ThawProcess.run(scratch, "checkpoint", pid(scratch), scratch.path("image")).expect(0);
            counter.thaw().awaitEnd().expect(137);
        }
        try (Streams.Attended counter = restore(scratch, "--on-term", "checkpoint")) {
            counter.awaitReady();
            assertEquals("3 c\n", counter.ask("c\n"));
            counter.thaw().signal(Signals.SIGTERM);
            counter.thaw().awaitEnd().expect(0);
        }
        assertEquals("000003", FileCalls.readlink(scratch.path("image/current")));
        try (Streams.Attended counter = restore(scratch)) {
            counter.awaitReady();
            assertEquals("4 d\n", counter.ask("d\n"));
            counter.closeInput();
            counter.thaw().awaitEnd().expect(7);
        }
    }

    @Test
    void a_failed_checkpoint_of_one_leaves_it_running(Scratch scratch) {
        try (Streams.Attended counter = run(scratch)) {
            counter.awaitReady();
            ThawProcess.run(scratch, "checkpoint", "--criu-option", "--nonsense", pid(scratch), scratch.path("image")).expect(122);
            assertEquals("1 a\n", counter.ask("a\n"));
            counter.closeInput();
            counter.thaw().awaitEnd().expect(7);
        }
    }
}
