package dev.thaw.it.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Checkout;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.RequiresTool;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.ProcessCalls;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code run --ipc-namespace}: System V shared memory, which criu dumps only with a namespace around it. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
@Timeout(120)
class IpcNamespaceIT {
    private static final int NOBODY = 65534;

    /** Counts in a segment, and for each line that it reads tells the count, the segment's id, and how often it is attached. */
    private static final String COUNTER = """
            import ctypes, sys
            c = ctypes.CDLL(None, use_errno=True)
            c.shmat.restype = ctypes.c_void_p
            segment = c.shmget(0x7468, 4096, 0o1600)
            assert segment >= 0, ctypes.get_errno()
            count = ctypes.cast(c.shmat(segment, None, 0), ctypes.POINTER(ctypes.c_int))
            for line in iter(sys.stdin.readline, ''):
                count[0] += 1
                with open('/proc/sysvipc/shm') as table:
                    rows = table.read().splitlines()[1:]
                print(count[0], c.shmget(0x7468, 4096, 0) == segment, len(rows), flush=True)
            c.shmctl(segment, 0, None)
            """;

    private static Streams.Attended run(Scratch scratch, List<String> options, List<String> before) {
        List<String> words = new ArrayList<>(List.of("run", "--stdin", "inherit", "--pid-file", scratch.path("pid"), "--status-fd", "2"));
        words.addAll(options);
        words.add("--");
        words.addAll(before);
        words.addAll(List.of(Checkout.python(), "-c", COUNTER));
        return Streams.start(scratch, words.toArray(String[]::new));
    }

    private static void fromOneLifeToTheNext(Scratch scratch, List<String> options, List<String> before, String... restore) {
        try (Streams.Attended counter = run(scratch, options, before)) {
            counter.awaitReady();
            assertEquals("1 True 1\n", counter.ask("a\n"));
            assertEquals("2 True 1\n", counter.ask("b\n"));
            ThawProcess.run(scratch, "checkpoint", scratch.read("pid").strip(), scratch.path("image")).expect(0);
            counter.thaw().awaitEnd().expect(137);
        }
        List<String> words = new ArrayList<>(List.of("restore", "--status-fd", "2"));
        words.addAll(List.of(restore));
        words.add(scratch.path("image"));
        try (Streams.Attended counter = Streams.start(scratch, words.toArray(String[]::new))) {
            counter.awaitReady();
            assertEquals("3 True 1\n", counter.ask("c\n"), "in a namespace again: there is no other segment");
            counter.closeInput();
            counter.thaw().awaitEnd().expect(0);
        }
    }

    @Test
    void a_segment_is_there_after_a_restore(Scratch scratch) {
        fromOneLifeToTheNext(scratch, List.of("--ipc-namespace"), List.of());

        assertTrue(ThawProcess.run(scratch, "inspect", scratch.path("image")).expect(0).out().contains("namespaces of its own: ipc"));
        ThawProcess.run(scratch, "check", "image", scratch.path("image")).expect(0);
    }

    @Test
    void a_segment_in_a_pid_namespace_as_well(Scratch scratch) {
        fromOneLifeToTheNext(scratch, List.of("--ipc-namespace", "--pid-namespace"), List.of(), "--pid-namespace");
    }

    @Test
    @RequiresTool("setpriv")
    void all_of_it_as_another_user_and_the_image_is_ours(Scratch scratch) {
        fromOneLifeToTheNext(scratch, List.of("--ipc-namespace"), List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"));

        String generation = scratch.path("image/current");
        for (String name : FileCalls.list(generation)) {
            FileStatus status = FileCalls.stat(generation + "/" + name);
            assertEquals(ProcessCalls.geteuid() + " 0", status.uid() + " " + Integer.toOctalString(status.permissions() & 077), name);
        }
    }

    @Test
    void without_one_the_checkpoint_is_refused_and_the_option_named(Scratch scratch) {
        try (Streams.Attended counter = run(scratch, List.of(), List.of())) {
            counter.awaitReady();
            assertTrue(counter.ask("a\n").startsWith("1 True"));
            String pid = scratch.read("pid").strip();
            ThawProcess.run(scratch, "check", "pid", pid).expect(121).expectOut("thaw run --ipc-namespace");
            ThawProcess.run(scratch, "checkpoint", pid, scratch.path("image")).expect(121).expectErr("thaw run --ipc-namespace -- COMMAND");
            assertTrue(counter.ask("b\n").startsWith("2 True"));
            counter.closeInput();
            counter.thaw().awaitEnd().expect(0);
        }
    }
}
