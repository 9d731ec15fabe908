package dev.thaw.it.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.thaw.it.Dumps;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Restores;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.ProcessStat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An application that ends, crashes or is stopped while it is checkpointed or restored. */
@IntegrationTest
@RequiresCriu
class EndsMeanwhileIT {
    private static final String ECHO = "while read -r line; do echo \"$line\"; done; exit 7";
    private static final String STATE = "s=$(cat /proc/$3/stat); s=${s##*) }; ";

    private static Streams.Attended run(Scratch scratch) {
        Streams.Attended echo = Streams.start(scratch, "run", "--stdin", "inherit", "--pid-file", scratch.path("pid"), "--status-fd", "2", "--",
                "sh", "-c", ECHO);
        echo.awaitReady();
        return echo;
    }

    @ParameterizedTest
    @CsvSource({"9, 137", "11, 139", "15, 143"})
    void an_end_before_criu_dumps_is_told_by_both_and_there_is_no_image(int signal, int code, Scratch scratch) {
        try (Streams.Attended echo = run(scratch)) {
            String pid = scratch.read("pid").strip();
            String criu = StoppingCriu.beginning(scratch, "dump", "kill -" + signal + " $3; while [ -e /proc/$3 ]; do sleep 0.05; done");
            ThawProcess.run(scratch, "checkpoint", "--criu", criu, pid, scratch.path("image")).expect(122)
                    .expectErr("pid " + pid + " (sh) has ended");
            echo.thaw().awaitEnd().expect(code);
            assertFalse(FileCalls.statIfExists(scratch.path("image/current")).isPresent());
        }
    }

    @Test
    void an_end_when_the_images_are_written_leaves_a_checkpoint_that_counts(Scratch scratch) {
        try (Streams.Attended echo = run(scratch)) {
            String criu = StoppingCriu.doing(scratch, "dump", "post-dump", "kill -9 $(cat " + scratch.path("pid") + ")");
            ThawProcess.run(scratch, "checkpoint", "--criu", criu, scratch.read("pid").strip(), scratch.path("image")).expect(0);
            echo.thaw().awaitEnd().expect(137);
        }
        try (Streams.Attended echo = Streams.start(scratch, "restore", scratch.path("image"))) {
            assertEquals("a\n", echo.ask("a\n"));
            echo.closeInput();
            echo.thaw().awaitEnd().expect(7);
        }
    }

    @Test
    void a_child_that_comes_just_before_the_dump_is_counted(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("signal.signal(signal.SIGUSR1, lambda *_: os.fork() or time.sleep(1000))");
            String criu = StoppingCriu.beginning(scratch, "dump", "kill -USR1 $3; while [ -z \"$(cat /proc/$3/task/$3/children)\" ]; do sleep 0.05; done");
            ThawProcess.run(scratch, "checkpoint", "--criu", criu, "" + puppet.pid(), scratch.path("image")).expect(0)
                    .expectOut("/image/000001: 2 processes, ");
        }
    }

    @Test
    void what_was_stopped_before_the_dump_is_restored_stopped_and_goes_on_when_told(Scratch scratch) {
        try (Streams.Attended echo = run(scratch)) {
            String criu = StoppingCriu.beginning(scratch, "dump", "kill -STOP $3; while " + STATE + "[ \"${s%% *}\" != T ]; do sleep 0.05; done");
            ThawProcess.run(scratch, "checkpoint", "--criu", criu, scratch.read("pid").strip(), scratch.path("image")).expect(0);
            echo.thaw().awaitEnd().expect(137);
        }
        try (Streams.Attended echo = Streams.start(scratch, "restore", "--status-fd", "2", "--pid-file", scratch.path("pid"), scratch.path("image"))) {
            echo.awaitReady();
            int pid = Integer.parseInt(scratch.read("pid").strip());
            assertEquals('T', ProcessStat.read(pid).orElseThrow().state());
            echo.thaw().signal(Signals.SIGCONT);
            assertEquals("a\n", echo.ask("a\n"));
            echo.closeInput();
            echo.thaw().awaitEnd().expect(7);
        }
    }

    @ParameterizedTest
    @CsvSource({"9, 122, ended while criu restored it, 'killed by SIGKILL'",
            "11, 139, the application ended before it was up, 'killed by SIGSEGV'"})
    void an_end_during_a_restore_is_no_success_and_the_image_can_be_restored_again(int signal, int code, String what, String how, Scratch scratch) {
        try (Puppet puppet = Dumps.puppet(scratch)) {
            String criu = StoppingCriu.doing(scratch, "restore", "post-restore", "kill -" + signal + " $CRTOOLS_INIT_PID");
            ThawProcess.run(scratch, "restore", "--criu", criu, scratch.path("image")).expect(code).expectErr(what).expectErr(how);
            assertRestores(scratch, puppet);
        }
    }

    @Test
    void a_restore_that_somebody_stops_ends_at_the_limit(Scratch scratch) {
        try (Puppet puppet = Dumps.puppet(scratch)) {
            String criu = StoppingCriu.doing(scratch, "restore", "post-restore", "kill -STOP $CRTOOLS_INIT_PID");
            ThawProcess.run(scratch, "restore", "--timeout", "4s", "--criu", criu, scratch.path("image")).expect(124)
                    .expectErr("criu did not finish within");
            assertRestores(scratch, puppet);
        }
    }

    private static void assertRestores(Scratch scratch, Puppet puppet) {
        puppet.awaitGone();
        Restores.of(scratch).run();
        assertEquals("42", puppet.eval("40 + 2"));
    }
}
