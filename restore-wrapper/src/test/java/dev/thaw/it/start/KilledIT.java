package dev.thaw.it.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.Digest;
import dev.thaw.it.Dumps;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.Restores;
import dev.thaw.it.Scratch;
import dev.thaw.it.TestCgroup;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.MountInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ObjIntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** thaw or criu ended in the middle of a restore: nothing is left, and the next restore works. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
class KilledIT {

    @ParameterizedTest
    @Timeout(90)
    @CsvSource({"before, thaw", "before, criu", "pre-restore, thaw", "pre-restore, criu", "post-restore, thaw", "post-restore, criu", "pre-resume, thaw",
            "pre-resume, criu"})
    void nothing_is_left_and_the_next_restore_works(String step, String victim, Scratch scratch) {
        try (TestCgroup cgroup = TestCgroup.v2(); Puppet puppet = Puppet.start(scratch)) {
            assertLeavesNothing(scratch, puppet, cgroup, List.of(), step, (thaw, criu) -> {
                ProcessCalls.kill(victim.equals("thaw") ? thaw.pid() : criu, Signals.SIGKILL);
                thaw.awaitEnd().expect(victim.equals("thaw") ? 137 : 122);
            });
        }
    }

    @ParameterizedTest
    @Timeout(90)
    @CsvSource({"before, 15, --settle=0", "pre-restore, 15, --settle=0", "post-restore, 2, --settle=0", "post-restore, 15, --pid-namespace"})
    void a_signal_that_asks_for_an_end_ends_the_restore_at_once(String step, int signal, String option, Scratch scratch) {
        try (TestCgroup cgroup = TestCgroup.v2(); Puppet puppet = Puppet.start(scratch)) {
            assertLeavesNothing(scratch, puppet, cgroup, List.of(option), step, (thaw, criu) -> {
                thaw.signal(signal);
                thaw.awaitEnd().expect(128 + signal).expectErr("thaw: restore: the restore was given up: " + Signals.name(signal) + " came\n");
            });
        }
    }

    @Test
    @Timeout(90)
    void a_restore_into_a_pid_namespace_ends_with_its_thaw(Scratch scratch) {
        try (TestCgroup cgroup = TestCgroup.v2(); Puppet puppet = Puppet.start(scratch)) {
            dump(scratch, puppet);
            int pid = restoreUntil(scratch, cgroup, List.of("--pid-namespace"), "post-restore", (thaw, criu) -> {
                thaw.signal(Signals.SIGKILL);
                thaw.awaitEnd().expect(137);
            });
            Await.until("the end of all that was half restored", () -> cgroup.processes().isEmpty());
            assertRestores(scratch, puppet);
            // Nobody was left to take it away; the next restore does.
            assertEquals(List.of(), workDirectories(scratch, pid));
        }
    }

    /** A restore that is cut short: nothing of it is left, the image is as it was, and restores. */
    private static void assertLeavesNothing(Scratch scratch, Puppet puppet, TestCgroup cgroup, List<String> options, String step,
            ObjIntConsumer<ThawProcess> accident) {
        String generation = dump(scratch, puppet);
        String digest = Digest.of(generation);
        int thaw = restoreUntil(scratch, cgroup, options, step, accident);
        assertNothingIsLeft(scratch, puppet, cgroup, thaw);
        assertEquals(digest, Digest.of(generation));
        assertRestores(scratch, puppet);
    }

    /**
     * Restores up to a step of criu's.
     *
     * @param accident is given thaw and criu's pid
     * @return thaw's pid
     */
    private static int restoreUntil(Scratch scratch, TestCgroup cgroup, List<String> options, String step, ObjIntConsumer<ThawProcess> accident) {
        List<String> arguments = new ArrayList<>(List.of("restore", "--criu", StoppingCriu.at(scratch, step)));
        arguments.addAll(options);
        arguments.add(scratch.path("image"));
        try (ThawProcess thaw = ThawProcess.in(scratch).cgroup(cgroup).start(arguments.toArray(String[]::new))) {
            accident.accept(thaw, StoppingCriu.await(scratch, thaw));
            return thaw.pid();
        }
    }

    private static String dump(Scratch scratch, Puppet puppet) {
        String generation = Dumps.of(scratch, puppet).run().generation().directory();
        puppet.awaitGone();
        return generation;
    }

    private static void assertRestores(Scratch scratch, Puppet puppet) {
        Restores.of(scratch).run();
        assertEquals("42", puppet.eval("40 + 2"));
    }

    private static void assertNothingIsLeft(Scratch scratch, Puppet puppet, TestCgroup cgroup, int thaw) {
        puppet.awaitGone();
        Await.until("the end of its helpers, of which there are " + cgroup.processes(), () -> cgroup.processes().isEmpty());
        Await.until("the end of its work directory", () -> workDirectories(scratch, thaw).isEmpty());
        assertEquals(List.of(), FileCalls.list(cgroup.directory()).stream()
                .filter(name -> FileCalls.lstat(cgroup.file(name)).isDirectory()).toList(), "cgroups");
        assertTrue(MountInfo.read(ProcessCalls.getpid()).stream().noneMatch(mount -> mount.mountPoint().contains("/thaw-" + thaw + "-")), "mounts");
        String generation = scratch.path("image/000001");
        try (OwnedFd directory = FileCalls.open(generation, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY)) {
            FileCalls.flock(directory.number(), FileCalls.LOCK_EX | FileCalls.LOCK_NB);
        }
    }

    private static List<String> workDirectories(Scratch scratch, int thaw) {
        return List.of("/run", "/tmp", scratch.path()).stream().flatMap(base -> FileCalls.list(base).stream())
                .filter(name -> name.startsWith("thaw-" + thaw + "-")).toList();
    }
}
