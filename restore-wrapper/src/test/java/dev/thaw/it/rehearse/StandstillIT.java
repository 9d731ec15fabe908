package dev.thaw.it.rehearse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.Checkout;
import dev.thaw.it.Children;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Program;
import dev.thaw.it.Puppet;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.linux.proc.StatusFile;
import dev.thaw.living.Standstill;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A tree that is made to stand still, and goes on. */
@IntegrationTest
class StandstillIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @Test
    void all_of_a_tree_stands_still_and_goes_on_but_for_what_was_stopped_before(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            Puppet child = puppet.child("child");
            Puppet before = puppet.child("before");
            ProcessCalls.kill(before.pid(), Signals.SIGSTOP);
            Await.until("a stopped child", () -> state(before.pid()) == 'T');
            try (Standstill still = Standstill.of(puppet.pid(), LIMIT)) {
                assertEquals(List.of('T', 'T', 'T'), List.of(state(puppet.pid()), state(child.pid()), state(before.pid())));
                assertEquals(Set.of(before.pid()), still.stoppedBefore());
            }
            assertEquals("5", puppet.eval("2 + 3"));
            assertEquals("5", child.eval("2 + 3"));
            assertEquals('T', state(before.pid()));
            ProcessCalls.kill(before.pid(), Signals.SIGCONT);
        }
    }

    /** Its child stands between vfork and exec, and opens a FIFO that nobody writes to; until that has gone on, no signal reaches the parent. */
    @Test
    void a_parent_in_vfork_waits_for_its_child_which_is_let_go_for_that(Scratch scratch) throws Exception {
        String fifo = scratch.path("fifo");
        FileCalls.mkfifo(fifo, 0600);
        try (Program parent = Program.with().nullStreams().start(Checkout.python(), "-c", "import os; os.posix_spawn('/bin/sleep', ['sleep', '1000'], {}, "
                + "file_actions=[(os.POSIX_SPAWN_OPEN, 9, '" + fifo + "', os.O_RDONLY, 0)])")) {
            Await.until("a child", () -> ProcessTable.children(parent.pid()).size() == 1);
            int child = ProcessTable.children(parent.pid()).get(0);
            CompletableFuture<Standstill> under = CompletableFuture.supplyAsync(() -> Standstill.of(parent.pid(), LIMIT));
            Await.until("a parent that was told to stop", () -> isStopPending(parent.pid()));
            try (OwnedFd writer = FileCalls.open(fifo, OpenFlags.O_RDWR); Standstill still = under.get(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                assertEquals(List.of('T', 'T'), List.of(state(parent.pid()), state(child)));
                assertEquals("sleep", ProcessStat.read(child).orElseThrow().comm());
                assertTrue(writer.number() > 2 && still.stoppedBefore().isEmpty());
                still.end();
            }
            parent.awaitGone();
        }
    }

    /** The same vfork keeps thaw waiting for as long as the test likes. */
    @Test
    void a_tree_runs_on_when_thaw_is_killed_while_it_stands_still(Scratch scratch) {
        String fifo = scratch.path("fifo");
        FileCalls.mkfifo(fifo, 0600);
        String program = "import os, time\nopen('" + scratch.path("pid") + "', 'w').write(str(os.getpid()))\nos.posix_spawn('/bin/sleep', ['sleep', '1000'], {}, file_actions=["
                + "(os.POSIX_SPAWN_OPEN, 8, '" + scratch.path("started") + "', os.O_CREAT, 0o600), (os.POSIX_SPAWN_OPEN, 9, '" + fifo + "', os.O_RDONLY, 0)])\n"
                + "open('" + scratch.path("on") + "', 'w').close()\ntime.sleep(1000)\n";
        try (ThawProcess thaw = ThawProcess.in(scratch).start("rehearse", "--engine", "rehearse", "--ready-command", "test -e " + scratch.path("started"), "--",
                Checkout.python(), "-c", program)) {
            Await.until("a child between vfork and exec", () -> FileCalls.statIfExists(scratch.path("started")).isPresent());
            int root = Integer.parseInt(scratch.read("pid"));
            try {
                Await.until("a parent that was told to stop", () -> isStopPending(root));
                thaw.signal(Signals.SIGKILL);
                thaw.awaitEnd().expect(128 + Signals.SIGKILL);
                try (OwnedFd writer = FileCalls.open(fifo, OpenFlags.O_RDWR)) {
                    Await.until("an application that runs on", () -> FileCalls.statIfExists(scratch.path("on")).isPresent());
                    assertTrue(writer.number() > 2);
                }
            } finally {
                Children.killTrees(List.of(root));
            }
        }
    }

    private static char state(int pid) {
        return ProcessStat.read(pid).orElseThrow().state();
    }

    private static boolean isStopPending(int pid) {
        return (Long.parseUnsignedLong(StatusFile.read(pid).field("ShdPnd"), 16) >> Signals.SIGSTOP - 1 & 1) != 0;
    }
}
