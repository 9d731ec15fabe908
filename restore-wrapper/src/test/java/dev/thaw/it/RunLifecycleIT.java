package dev.thaw.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.launcher.LaunchRecord;
import dev.thaw.launcher.NameRegistry;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.ProcessTable;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** From the start of a command to thaw's own end: detached or beside it, its name, its pid file, when it counts as up, who reaps. */
@IntegrationTest
class RunLifecycleIT {

    @Test
    void detached_it_runs_on_when_thaw_has_left(Scratch scratch) {
        thaw(scratch).run("run", "--detach", "--pid-file", scratch.path("pid"), "--", "sleep", "50").expect(0);
        int pid = pidIn(scratch);
        assertTrue(Children.isRunning(pid));
        assertEquals(0644, FileCalls.stat(scratch.path("pid")).permissions());
        assertEquals(Optional.of("sleep 50"), ProcessTable.commandLine(pid));
        assertEquals(List.of(0, 1, 2), ProcessTable.descriptors(pid));
        end(pid);
    }

    @Test
    void detached_an_end_before_it_was_up_is_told(Scratch scratch) {
        ThawProcess.Result result = thaw(scratch).run("run", "--detach", "--pid-file", scratch.path("pid"), "--", "sh", "-c", "exit 7");
        result.expect(7).expectErr("thaw: run: the application ended before it was up, after ").expectErr("with exit code 7\n");
        assertFalse(FileCalls.statIfExists(scratch.path("pid")).isPresent());
    }

    @Test
    void a_pid_file_goes_with_its_process_and_replaces_an_old_one(Scratch scratch) {
        scratch.file("pid", "1\n");
        try (ThawProcess thaw = thaw(scratch).start("run", "--pid-file", scratch.path("pid"), "--", "sh", "-c", "echo $$; exec sleep 50")) {
            thaw.awaitOut("\n");
            Await.until("the pid file", () -> scratch.read("pid").equals(thaw.out()));
            thaw.signal(Signals.SIGTERM);
            thaw.awaitEnd().expect(143);
        }
        assertFalse(FileCalls.statIfExists(scratch.path("pid")).isPresent());
    }

    @Test
    void a_link_in_the_place_of_the_pid_file_is_refused_and_nothing_runs_on(Scratch scratch) {
        FileCalls.symlink(scratch.file("victim", "precious"), scratch.path("pid"));
        ThawProcess.Result result = thaw(scratch).run("run", "--pid-file", scratch.path("pid"), "--", "sleep", "50").expect(125);
        result.expectErr("thaw: run: the pid file cannot be written: " + scratch.path("pid") + "\n");
        assertEquals("precious", scratch.read("victim"));
    }

    @Test
    void events_are_written_to_the_status_descriptor_and_not_to_the_command(Scratch scratch) {
        try (FdCalls.Pipe events = FdCalls.pipe2(0);
                ThawProcess thaw = thaw(scratch).descriptor(9, events.writer().number())
                        .start("run", "--status-fd", "9", "--settle", "50ms", "--", "sh", "-c",
                                "echo $$; ls /proc/$$/fd; until [ -e go ]; do sleep 0.05; done; exit 3")) {
            String told = Bytes.readUntil(events.reader().number(), "\"event\":\"ready\"");
            scratch.file("go", "");
            String out = thaw.awaitEnd().expect(3).out();
            events.writer().close();
            String pid = out.lines().findFirst().orElseThrow();
            assertEquals(pid + "\n0\n1\n2\n", out);
            List<String> lines = (told + Bytes.readToEnd(events.reader().number())).lines().toList();
            assertEquals("{\"event\":\"started\",\"pid\":" + pid + "}", lines.get(0));
            assertTrue(lines.get(1).matches("\\{\"event\":\"ready\",\"pid\":" + pid + ",\"millis\":\\d+}"), lines.get(1));
            assertEquals("{\"event\":\"exited\",\"pid\":" + pid + ",\"code\":3}", lines.get(2));
            assertEquals(3, lines.size());
        }
    }

    @Test
    void a_death_by_signal_and_a_failure_are_events_too(Scratch scratch) {
        try (FdCalls.Pipe events = FdCalls.pipe2(0)) {
            int writer = events.writer().number();
            thaw(scratch).descriptor(9, writer).run("run", "--status-fd", "9", "--", "sh", "-c", "kill -9 $$").expect(137);
            thaw(scratch).descriptor(9, writer).run("run", "--status-fd", "9", "--", "no-such-command").expect(127);
            events.writer().close();
            String lines = Bytes.readToEnd(events.reader().number());
            assertTrue(lines.contains("\"code\":137,\"signal\":9}\n"), lines);
            assertTrue(lines.contains("{\"event\":\"failed\",\"code\":127,\"what\":\"command not found: no-such-command\","), lines);
        }
    }

    @Test
    void a_name_belongs_to_one_running_process(Scratch scratch) {
        NameRegistry names = new NameRegistry(scratch.path("runtime"));
        try (ThawProcess thaw = thaw(scratch).start("run", "--name", "shop", "--", "sh", "-c", "echo up; exec sleep 50")) {
            thaw.awaitOut("up");
            LaunchRecord record = Await.value(() -> "the record", Await.LIMIT, () -> names.find("shop"));
            assertEquals(Optional.of("sleep 50"), ProcessTable.commandLine(record.pid()));
            assertEquals(List.of(0, 1, 2), record.descriptors().stream().map(descriptor -> descriptor.fd()).toList());
            assertEquals("null", record.descriptors().get(0).kind());
            thaw(scratch).run("run", "--name", "shop", "true").expect(125)
                    .expectErr("thaw: run: the name shop is pid " + record.pid() + "'s, which runs\n");
            thaw.signal(Signals.SIGTERM);
            thaw.awaitEnd().expect(143);
        }
        assertEquals(Optional.empty(), names.find("shop"));
        thaw(scratch).run("run", "--name", "shop", "true").expect(0);
        assertEquals(List.of(".lock"), FileCalls.list(scratch.path("runtime")));
    }

    @Test
    void it_counts_as_up_when_the_ready_command_succeeds(Scratch scratch) {
        String question = "test -e " + scratch.path("up") + " && test -d /proc/$THAW_PID";
        try (ThawProcess thaw = thaw(scratch).start("run", "--detach", "--pid-file", scratch.path("pid"), "--ready-command", question, "--",
                "sh", "-c", "echo up; exec sleep 50")) {
            thaw.awaitOut("up");
            Await.until("the pid file", () -> FileCalls.statIfExists(scratch.path("pid")).isPresent());
            assertTrue(thaw.isRunning());
            scratch.file("up", "");
            thaw.awaitEnd().expect(0);
        }
        assertTrue(Children.isRunning(pidIn(scratch)));
        end(pidIn(scratch));
    }

    @Test
    void a_command_that_is_not_up_in_time_is_ended_with_all_that_came_of_it(Scratch scratch) {
        // One that ignores SIGTERM, one in a session of its own that lost its parent, and a zombie.
        String script = "trap '' TERM; (setsid sleep 50 &) ; sleep 50 & sleep 0.01 & while :; do sleep 1; done";
        ThawProcess.Result result = thaw(scratch).run("run", "--timeout", "700ms", "--ready-command", "echo not yet; exit 3", "--pid-file",
                scratch.path("pid"), "--", "bash", "-c", script).expect(124);
        result.expectErr("was not up within 700 ms, and was ended\n  because: the ready command failed each time, last with exit code 3, not yet\n");
        assertFalse(FileCalls.statIfExists(scratch.path("pid")).isPresent());
    }

    @Test
    void a_ready_command_that_hangs_is_ended_with_what_it_started(Scratch scratch) {
        thaw(scratch).run("run", "--timeout", "500ms", "--ready-command", "sleep 40 & sleep 41", "sleep", "50").expect(124)
                .expectErr("because: the ready command gave no answer\n");
    }

    @Test
    void orphans_are_reaped_while_the_exit_codes_of_helpers_are_not_lost(Scratch scratch) {
        // A stream of orphans beside a stream of questions: each question has to get its own answer.
        String orphans = "i=0; while [ $i -lt 150 ]; do (true &) ; i=$((i+1)); done; echo made; exec sleep 50";
        try (ThawProcess thaw = thaw(scratch).start("run", "--timeout", "25s", "--ready-command",
                "echo x >>" + scratch.path("asked") + "; test $(wc -l <" + scratch.path("asked") + ") -ge 5", "--status-fd", "2", "--",
                "bash", "-c", orphans)) {
            thaw.awaitOut("made");
            thaw.awaitErr("\"ready\"");
            assertEquals(5, scratch.read("asked").lines().count());
            Await.until("the end of all zombies", () -> ProcessTable.children(thaw.pid()).size() == 1);
            thaw.signal(Signals.SIGTERM);
            thaw.awaitEnd().expect(143);
        }
    }

    @Test
    void the_command_ends_with_thaw_when_that_is_asked_for(Scratch scratch) {
        int pid;
        try (ThawProcess thaw = thaw(scratch).start("run", "--on-parent-death", "end", "--", "sh", "-c", "echo $$; exec sleep 50")) {
            thaw.awaitOut("\n");
            pid = Integer.parseInt(thaw.out().strip());
            Await.until("the watcher", () -> ProcessTable.children(thaw.pid()).size() == 2);
            thaw.signal(Signals.SIGKILL);
            thaw.awaitEnd().expect(137);
            Children.awaitGone(List.of(pid), Await.LIMIT);
        }
    }

    @Test
    void the_command_outlives_thaw_otherwise(Scratch scratch) {
        try (ThawProcess thaw = thaw(scratch).start("run", "--", "sh", "-c", "echo $$; exec sleep 50")) {
            thaw.awaitOut("\n");
            int pid = Integer.parseInt(thaw.out().strip());
            thaw.signal(Signals.SIGKILL);
            thaw.awaitEnd().expect(137);
            assertTrue(Children.isRunning(pid));
            end(pid);
        }
    }

    @Test
    void the_watcher_leaves_when_the_command_has_ended_by_itself(Scratch scratch) {
        thaw(scratch).run("run", "--on-parent-death", "end", "--", "sh", "-c", "exit 5").expect(5);
        thaw(scratch).run("run", "--on-parent-death", "end", "--", "sh", "-c", "sleep 0.5; kill -9 $$").expect(137);
    }

    private static int pidIn(Scratch scratch) {
        return Integer.parseInt(scratch.read("pid").strip());
    }

    /** It is the test JVM's by now. */
    private static void end(int pid) {
        ProcessCalls.kill(pid, Signals.SIGKILL);
        Children.awaitGone(List.of(pid), Await.LIMIT);
    }

    private static ThawProcess.Builder thaw(Scratch scratch) {
        return ThawProcess.in(scratch).environment("THAW_RUNTIME_DIR", scratch.path("runtime"));
    }
}
