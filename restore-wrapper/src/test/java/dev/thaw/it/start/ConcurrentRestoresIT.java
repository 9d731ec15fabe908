package dev.thaw.it.start;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.it.Await;
import dev.thaw.it.Dumps;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Program;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.ProcessTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Twenty restores at the same time: all are up, each with its own streams, and each ends by itself. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
class ConcurrentRestoresIT {
    private static final int COPIES = 20;

    @Test
    @Timeout(240)
    void twenty_of_one_image_in_pid_namespaces_have_their_own_streams(Scratch scratch) {
        dump(scratch, List.of("image"));
        assertAllUp(scratch, copy -> new String[] {"restore", "--pid-namespace", "--status-fd", "2", scratch.path("image")});
    }

    @Test
    @Timeout(240)
    void twenty_of_different_images_have_their_own_streams(Scratch scratch) {
        List<String> names = new ArrayList<>();
        for (int copy = 0; copy < COPIES; copy++) {
            names.add("image-" + copy);
        }
        dump(scratch, names);
        assertAllUp(scratch, copy -> new String[] {"restore", "--status-fd", "2", scratch.path(names.get(copy))});
    }

    /** For a moment criu makes a deleted file again, in each restore under the same name. */
    @Test
    @Timeout(120)
    void those_of_an_image_with_a_deleted_file_and_of_its_copy_have_one_each_or_say_who_was_first(Scratch scratch) throws IOException, InterruptedException {
        String path = scratch.path("deleted");
        int pid;
        try (Program program = Program.with().nullStreams().start("sh", "-c", "exec 3<>\"$1\"; rm \"$1\"; echo 5 >&3; exec sleep 1000", "sh", path)) {
            pid = program.pid();
            Await.until("sleep", () -> ProcessTable.commandLine(pid).orElse("").startsWith("sleep"));
            Dumps.of(scratch, program).into("image").run();
            program.awaitGone();
        }
        // A copy has files of its own, and makes the same ones again.
        assertEquals(0, new ProcessBuilder("cp", "-a", scratch.path("image"), scratch.path("copy")).start().waitFor());
        List<ThawProcess> all = new ArrayList<>();
        try {
            for (int copy = 0; copy < 6; copy++) {
                all.add(ThawProcess.in(scratch).start("restore", "--pid-namespace", "--status-fd", "2", scratch.path(copy % 2 == 0 ? "image" : "copy")));
            }
            all.forEach(thaw -> thaw.awaitErr("\"event\":\"ready\""));
            assertEquals(List.of(), FileCalls.list(scratch.path()).stream().filter(name -> name.startsWith("deleted")).toList());
            ThawProcess one = ThawProcess.in(scratch).start("restore", "--status-fd", "2", scratch.path("image"));
            all.add(one);
            ThawProcess other = ThawProcess.in(scratch).start("restore", "--status-fd", "2", scratch.path("image"));
            all.add(other);
            Await.until("the end of the second", () -> !one.isRunning() || !other.isRunning());
            ThawProcess second = one.isRunning() ? other : one;
            second.awaitEnd().expect(121).expectErr("pid " + pid + " of the image is taken");
            all.stream().filter(thaw -> thaw != second).forEach(thaw -> {
                thaw.awaitErr("\"event\":\"ready\"");
                thaw.signal(Signals.SIGTERM);
                thaw.awaitEnd().expect(128 + Signals.SIGTERM);
            });
        } finally {
            all.forEach(ThawProcess::close);
        }
    }

    /** cat says what it is told: whose line arrives where tells whose streams it has. */
    private static void dump(Scratch scratch, List<String> images) {
        List<Program> programs = new ArrayList<>();
        try (FdCalls.Pipe in = FdCalls.pipe2(OpenFlags.O_CLOEXEC); FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC)) {
            // All of them first: one that has ended leaves its pid to the next.
            images.forEach(image -> programs.add(
                    Program.with().descriptor(0, in.reader().number()).descriptor(1, out.writer().number()).nullStreams().start("cat")));
            for (int i = 0; i < images.size(); i++) {
                Dumps.of(scratch, programs.get(i)).into(images.get(i)).run();
                programs.get(i).awaitGone();
            }
        } finally {
            programs.forEach(Program::close);
        }
    }

    private static void assertAllUp(Scratch scratch, IntFunction<String[]> arguments) {
        List<Streams.Attended> all = new ArrayList<>();
        try {
            for (int copy = 0; copy < COPIES; copy++) {
                all.add(Streams.start(scratch, arguments.apply(copy)));
            }
            all.forEach(Streams.Attended::awaitReady);
            for (int copy = 0; copy < COPIES; copy++) {
                all.get(copy).say("for " + copy + "\n");
            }
            for (int copy = 0; copy < COPIES; copy++) {
                all.get(copy).closeInput();
                assertEquals("for " + copy + "\n", all.get(copy).restOfOutput());
                all.get(copy).thaw().awaitEnd().expect(0);
            }
        } finally {
            all.forEach(Streams.Attended::close);
        }
    }
}
