package dev.thaw.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.checkpoint.Checkpoint;
import dev.thaw.checkpoint.Finding;
import dev.thaw.image.Generations;
import dev.thaw.image.Manifest;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code thaw checkpoint}: generations, and that no accident on the way costs the application its life. */
@IntegrationTest
@RequiresCriu
class CheckpointIT {

    @Test
    void a_tree_that_is_left_running_runs_on_and_its_image_is_complete(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            Puppet child = puppet.child("child");
            ThawProcess.Result result = ThawProcess.run(scratch, "checkpoint", "--leave-running", "" + puppet.pid(), scratch.path("image")).expect(0);
            assertTrue(result.out().matches("\\Q" + scratch.path("image") + "/000001\\E: 2 processes, [0-9.]+ MiB in .+, stopped for \\d+ ms\n"), result.out());
            assertEquals("", result.err());
            assertEquals("2", puppet.eval("1 + 1"));
            assertEquals("2", child.eval("1 + 1"));
            String generation = Generations.resolve(scratch.path("image")).generationDir();
            Manifest manifest = Manifest.read(generation).orElseThrow();
            assertEquals(List.of(puppet.pid(), child.pid()), manifest.processes().stream().map(Manifest.Process::pid).toList());
            assertEquals("python3", manifest.processes().get(0).command().substring(0, 7));
            assertEquals(List.of(0, 1, 2), manifest.processes().get(0).descriptors().stream().map(one -> one.fd()).toList());
            assertTrue(manifest.frozenMicros() > 0);
            assertTrue(manifest.cgroups().size() > 0 && manifest.cgroupMounts().size() > 0, manifest.toString());
            assertTrue(FileCalls.list(generation).contains("dump.log"));
            assertEquals(0700, FileCalls.stat(generation).permissions());
            FileCalls.list(generation).forEach(name -> assertEquals(name.equals("restore.d") ? 0700 : 0600,
                    FileCalls.stat(generation + "/" + name).permissions(), name));
        }
    }

    @Test
    void the_tree_ends_and_is_restored_and_dumped_and_restored_again(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("x = 40");
            for (int round = 1; round <= 2; round++) {
                String json = ThawProcess.run(scratch, "checkpoint", "--json", "" + puppet.pid(), scratch.path("image")).expect(0).out();
                assertTrue(number(json, "frozenMicros") > 0 && number(json, "frozenMicros") < number(json, "elapsedMillis") * 1000, json);
                assertFalse(Children.isRunning(puppet.pid()));
                puppet.awaitGone();
                ThawProcess.run(scratch, "restore", "--detach", scratch.path("image")).expect(0);
                assertEquals("" + (40 + round), puppet.eval("x += 1; x"));
            }
            assertEquals("000002", FileCalls.readlink(scratch.path("image/current")));
        }
    }

    private static long number(String json, String name) {
        return Long.parseLong(json.replaceFirst("(?s).*\"" + name + "\":(\\d+).*", "$1"));
    }

    @Test
    void a_name_stands_for_what_thaw_run_has_started(Scratch scratch) {
        String pid = scratch.path("pid");
        ThawProcess.run(scratch, "run", "--detach", "--name", "it-shop", "--pid-file", pid, "--", "sleep", "1000").expect(0);
        int sleeper = Integer.parseInt(scratch.read("pid").strip());
        try {
            ThawProcess.Result result = ThawProcess.run(scratch, "checkpoint", "--name", "it-shop", "--json", scratch.path("image")).expect(0);
            assertTrue(result.out().contains("\"rootPid\":" + sleeper + ","), result.out());
            ThawProcess.run(scratch, "checkpoint", "--name", "it-shop", scratch.path("image")).expect(125)
                    .expectErr("thaw: checkpoint: nothing runs under the name it-shop\n");
        } finally {
            Children.killTrees(List.of(sleeper));
            Children.awaitGone(List.of(sleeper), Await.LIMIT);
        }
    }

    @Test
    void old_generations_go(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            for (int i = 0; i < 4; i++) {
                Dumps.of(scratch, puppet).leaveRunning().run(); // keeps two
            }
            assertEquals(List.of("000003", "000004", "current"), FileCalls.list(scratch.path("image")));
            ThawProcess.run(scratch, "checkpoint", "--leave-running", "--keep", "1", "" + puppet.pid(), scratch.path("image")).expect(0);
            assertEquals(List.of("000005", "current"), FileCalls.list(scratch.path("image")));
        }
    }

    @Test
    void it_waits_for_the_ready_command(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch);
                ThawProcess thaw = ThawProcess.in(scratch).start("checkpoint", "--ready-command",
                        "touch asked; test -e ready && test $THAW_PID = " + puppet.pid(), "" + puppet.pid(), scratch.path("image"))) {
            Await.until("the first question", () -> FileCalls.statIfExists(scratch.path("asked")).isPresent());
            assertTrue(Children.isRunning(puppet.pid()));
            scratch.file("ready", "");
            thaw.awaitEnd().expect(0);
            puppet.awaitGone();
        }
        try (Puppet puppet = Puppet.start(scratch)) {
            ThawProcess.run(scratch, "checkpoint", "--ready-command", "echo not yet; false", "--timeout", "1s", "" + puppet.pid(), scratch.path("image"))
                    .expect(124).expectErr("because: the ready command ended with 1: not yet\n");
            assertEquals("2", puppet.eval("1 + 1"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"checkpoint", "checkpoint 1", "checkpoint 0 image", "checkpoint x image", "checkpoint --name a 1 image", "checkpoint --keep 0 1 image",
        "checkpoint --tcp maybe 1 image", "checkpoint --intruders maybe 1 image", "checkpoint --no-such-option 1 image"})
    void a_wrong_command_line_touches_nothing_and_is_2(String line, Scratch scratch) {
        ThawProcess.Result result = ThawProcess.run(scratch, line.split(" ")).expect(2);
        assertTrue(result.err().startsWith("thaw: checkpoint: "), result.err());
        assertFalse(FileCalls.statIfExists(scratch.path("image")).isPresent());
    }

    @Test
    void a_pid_that_is_not_there_is_told(Scratch scratch) {
        ThawProcess.run(scratch, "checkpoint", "99999999", scratch.path("image")).expect(125).expectErr("thaw: checkpoint: there is no process 99999999\n");
        assertFalse(FileCalls.statIfExists(scratch.path("image")).isPresent());
    }

    @Test
    void thaw_does_not_dump_who_runs_it(Scratch scratch) {
        ThawProcess.run(scratch, "checkpoint", "" + ProcessCalls.getpid(), scratch.path("image")).expect(121).expectErr("contains thaw\n");
    }

    @Test
    void a_dump_that_fails_leaves_the_tree_running_and_the_previous_generation_current(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            Dumps.of(scratch, puppet).leaveRunning().run();
            String path = scratch.path("large");
            puppet.eval("f = open('" + path + "', 'wb'); f.write(b'x' * (2 << 20)); f.flush(); os.unlink('" + path + "')");
            // The user's own option comes last and undoes what thaw has found out: so criu fails in the middle.
            ThawProcess.run(scratch, "checkpoint", "--criu-option", "--ghost-limit=1", "" + puppet.pid(), scratch.path("image")).expect(122)
                    .expectErr("thaw: checkpoint: criu could not dump pid " + puppet.pid())
                    .expectErr("Can't dump ghost file " + path)
                    .expectErr("): " + path + " (deleted)\n").expectErr("it concerns fd ")
                    .expectErr("runs on as before, and generation 000001 is still current\n")
                    .expectErr("the whole log: " + scratch.path("image/last-failure.log"));
            assertEquals(List.of("000001", "current", "last-failure.log"), FileCalls.list(scratch.path("image")));
            assertEquals("000001", FileCalls.readlink(scratch.path("image/current")));
            assertRunsOn(puppet);
        }
    }

    @Test
    void an_option_that_criu_does_not_know_is_told_in_its_own_words(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            ThawProcess.run(scratch, "checkpoint", "--criu-option", "--nonsense", "" + puppet.pid(), scratch.path("image")).expect(122)
                    .expectErr("--nonsense");
            assertRunsOn(puppet);
        }
    }

    @Test
    void images_that_are_found_wanting_cost_nothing(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            Puppet child = puppet.child("child");
            Dumps.of(scratch, puppet).leaveRunning().run();
            Finding flaw = new Finding(Finding.Severity.PROBLEM, "fd 7 has no source", List.of(), List.of("--map"));
            Failure failure = Dumps.of(scratch, puppet).verifiedBy((images, manifest) -> {
                assertEquals('t', ProcessStat.read(puppet.pid()).orElseThrow().state(), "it is judged while the tree stands still");
                return List.of(flaw);
            }).fails();
            assertEquals(ExitCode.PLAN, failure.exitCode());
            assertEquals("fd 7 has no source", failure.because().get(0));
            assertTrue(failure.because().get(1).endsWith("runs on as before, and generation 000001 is still current"), failure.because()::toString);
            assertEquals("000001", FileCalls.readlink(scratch.path("image/current")));
            assertRunsOn(puppet);
            assertRunsOn(child);
        }
    }

    @Test
    void a_full_disk_costs_nothing(Scratch scratch) {
        String small = scratch.directory("small");
        ProcessCalls.mount("small", small, "tmpfs", 0, "size=24m,mode=700");
        try (Puppet puppet = Puppet.start(scratch)) {
            ThawProcess.run(scratch, "checkpoint", "--leave-running", "" + puppet.pid(), small + "/image").expect(0);
            puppet.eval("m = bytearray(os.urandom(32 << 20))");
            ThawProcess.Result result = ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), small + "/image").expect(122);
            result.expectErr("runs on as before, and generation 000001 is still current\n");
            result.expectErr("No space left on device");
            assertEquals(List.of("000001", "current", "last-failure.log"), FileCalls.list(small + "/image"));
            assertRunsOn(puppet);
            assertPreviousGenerationRestores(scratch, puppet, "small/image");
        } finally {
            ProcessCalls.umount2(small, ProcessCalls.MNT_DETACH);
        }
    }

    @Test
    void a_criu_that_is_killed_while_it_dumps_costs_nothing(Scratch scratch) {
        try (Puppet puppet = largePuppet(scratch);
                ThawProcess thaw = ThawProcess.in(scratch).start("checkpoint", "" + puppet.pid(), scratch.path("image"))) {
            ProcessCalls.kill(awaitDump(scratch, thaw), Signals.SIGKILL);
            thaw.awaitEnd().expect(122).expectErr("runs on as before\n");
            assertEquals(List.of("last-failure.log"), FileCalls.list(scratch.path("image")));
            assertRunsOn(puppet);
            assertEquals("1", puppet.eval("m[4096]"));
        }
    }

    @Test
    void after_a_criu_that_was_killed_the_previous_generation_is_current_and_restores(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            Dumps.of(scratch, puppet).leaveRunning().run();
            puppet.eval("later = 1");
            String killed = scratch.file("criu", "#!/bin/sh\n[ \"$1\" != dump ] || kill -9 $$\nexec " + CriuOnHost.path() + " \"$@\"\n");
            FileCalls.chmod(killed, 0700);
            ThawProcess.run(scratch, "checkpoint", "--criu", killed, "" + puppet.pid(), scratch.path("image")).expect(122)
                    .expectErr("runs on as before, and generation 000001 is still current\n");
            assertEquals("1", puppet.eval("later"));
            assertPreviousGenerationRestores(scratch, puppet, "image");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Signals.SIGTERM, Signals.SIGINT})
    void thaw_that_is_told_to_end_while_criu_dumps_leaves_nothing(int signal, Scratch scratch) {
        try (Puppet puppet = largePuppet(scratch);
                ThawProcess thaw = ThawProcess.in(scratch).start("checkpoint", "" + puppet.pid(), scratch.path("image"))) {
            int criu = awaitDump(scratch, thaw);
            thaw.signal(signal);
            thaw.awaitEnd().expect(128 + signal);
            assertFalse(Children.isRunning(criu));
            assertEquals(List.of(), generations(scratch));
            assertRunsOn(puppet);
        }
    }

    @Test
    void thaw_that_is_killed_while_criu_dumps_costs_nothing_and_the_next_checkpoint_clears_up(Scratch scratch) {
        try (Puppet puppet = largePuppet(scratch);
                ThawProcess thaw = ThawProcess.in(scratch).start("checkpoint", "" + puppet.pid(), scratch.path("image"))) {
            int criu = awaitDump(scratch, thaw);
            thaw.signal(Signals.SIGKILL);
            thaw.awaitEnd().expect(137);
            // criu goes on alone, asks whether it may end the tree, and nobody answers.
            Await.until("the end of criu", () -> !Children.isRunning(criu));
            assertRunsOn(puppet);
            assertEquals(List.of("000001"), generations(scratch));
            String work = FileCalls.readlink(scratch.path("image/000001/work"));
            Checkpoint made = Dumps.of(scratch, puppet).leaveRunning().run();
            assertEquals(List.of(Generations.directoryName(made.generation().number())), generations(scratch));
            assertTrue(Manifest.read(made.generation().directory()).isPresent());
            assertFalse(FileCalls.statIfExists(work).isPresent(), work);
            assertFalse(FileCalls.list(made.generation().directory()).contains("work"));
        }
    }

    @Test
    void a_criu_that_hangs_is_given_up_at_the_limit(Scratch scratch) {
        String hanging = scratch.file("criu", "#!/bin/sh\n[ \"$1\" != dump ] || exec sleep 1000\nexec " + CriuOnHost.path() + " \"$@\"\n");
        FileCalls.chmod(hanging, 0700);
        try (Puppet puppet = Puppet.start(scratch)) {
            ThawProcess.run(scratch, "checkpoint", "--criu", hanging, "--timeout", "1s", "" + puppet.pid(), scratch.path("image")).expect(124)
                    .expectErr("because: the dump had not ended after 1 s\n").expectErr("runs on as before\n");
            assertEquals(List.of(), generations(scratch));
            assertRunsOn(puppet);
        }
    }

    @Test
    void a_stopped_process_is_stopped_after_a_failure_too(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            ProcessCalls.kill(puppet.pid(), Signals.SIGSTOP);
            Await.until("the stop", () -> state(puppet) == 'T');
            Dumps.of(scratch, puppet).verifiedBy((images, manifest) -> List.of(new Finding(Finding.Severity.PROBLEM, "no", List.of(), List.of()))).fails();
            assertEquals('T', state(puppet));
            ProcessCalls.kill(puppet.pid(), Signals.SIGCONT);
            assertRunsOn(puppet);
        }
    }

    /** The process that runs on would be in the way. */
    private static void assertPreviousGenerationRestores(Scratch scratch, Puppet puppet, String image) {
        puppet.eval("leave(0)");
        puppet.awaitGone();
        Restores.of(scratch).from(image).run();
        assertEquals("False", puppet.eval("'m' in globals() or 'later' in globals()"));
    }

    /** Large enough that its dump is met in the middle. */
    private static Puppet largePuppet(Scratch scratch) {
        Puppet puppet = Puppet.start(scratch);
        puppet.eval("m = bytearray(200 << 20)\nfor i in range(0, len(m), 4096): m[i] = 1");
        return puppet;
    }

    /** Waits until criu takes pages out of the frozen tree. @return criu's pid */
    private static int awaitDump(Scratch scratch, ThawProcess thaw) {
        return Await.value(() -> "a dump that writes pages\n" + thaw.err(), java.time.Duration.ofSeconds(40), () -> {
            String pages = scratch.path("image/000001/pages-1.img");
            boolean started = FileCalls.statIfExists(pages).filter(file -> file.size() > 8 << 20).isPresent();
            return started ? ProcessTable.children(thaw.pid()).stream().findFirst() : Optional.empty();
        });
    }

    private static List<String> generations(Scratch scratch) {
        return FileCalls.list(scratch.path("image")).stream().filter(name -> name.matches("\\d+")).toList();
    }

    private static void assertRunsOn(Puppet puppet) {
        assertEquals("2", puppet.eval("1 + 1"));
        assertTrue("RSD".indexOf(state(puppet)) >= 0, () -> "state " + state(puppet));
    }

    private static char state(Puppet puppet) {
        return ProcessStat.read(puppet.pid()).orElseThrow().state();
    }
}
