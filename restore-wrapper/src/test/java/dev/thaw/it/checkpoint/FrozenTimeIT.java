package dev.thaw.it.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.checkpoint.Checkpoint;
import dev.thaw.it.Await;
import dev.thaw.it.CriuOnHost;
import dev.thaw.it.Dumps;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.proc.ProcessStat;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What of a checkpoint the application stands still for: criu's part, and where it is ended the look at its images. */
@IntegrationTest
@RequiresCriu
class FrozenTimeIT {
    private static final long LOOK_NANOS = 300_000_000;

    /** criu's command line has what the scan has found, so the scan is over when criu starts. */
    @Test
    void the_scan_is_over_before_the_application_is_stopped(Scratch scratch) {
        String criu = scratch.path("criu");
        FileCalls.writeFile(criu, """
                #!/bin/sh
                if [ "$1" = dump ]; then
                    printf '%%s\\n' "$@" >%2$s.new
                    mv %2$s.new %2$s
                    until [ -e %3$s ]; do sleep 0.02; done
                fi
                exec %1$s "$@"
                """.formatted(CriuOnHost.path(), scratch.path("arguments"), scratch.path("go")).getBytes(StandardCharsets.UTF_8), 0700);
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("place(os.open(PUPPET.control + '/locked', os.O_CREAT | os.O_WRONLY), 7); fcntl.flock(7, fcntl.LOCK_EX)");
            try (ThawProcess thaw = ThawProcess.in(scratch)
                    .start("checkpoint", "--leave-running", "--criu", criu, "" + puppet.pid(), scratch.path("image"))) {
                Await.until("criu's command line: " + thaw.err(), () -> FileCalls.statIfExists(scratch.path("arguments")).isPresent());
                assertTrue(scratch.read("arguments").contains("\n--file-locks\n"), scratch.read("arguments"));
                assertEquals("2", puppet.eval("1 + 1"));
                FileCalls.writeFile(scratch.path("go"), new byte[0], 0600);
                thaw.awaitEnd().expect(0);
            }
            assertEquals("3", puppet.eval("1 + 2"));
        }
    }

    @Test
    void an_application_that_is_left_running_runs_on_while_its_images_are_verified(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            List<Long> known = new ArrayList<>();
            Checkpoint made = Dumps.of(scratch, puppet).leaveRunning().verifiedBy((images, manifest) -> {
                assertEquals("2", puppet.eval("1 + 1"));
                known.add(manifest.frozenMicros());
                return List.of();
            }).run();
            assertTrue(made.stoppedMicros() > 0);
            assertEquals(List.of(made.stoppedMicros()), known, "the time was over when verifying began");
            assertEquals(made.stoppedMicros(), made.manifest().frozenMicros());
        }
    }

    /** It must not be lost with a bad image, so it is there until its image is known to be good; and that time is told. */
    @Test
    void an_application_that_is_ended_stands_still_while_its_images_are_verified(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            Checkpoint made = Dumps.of(scratch, puppet).verifiedBy((images, manifest) -> {
                long start = System.nanoTime();
                Await.until("a look at the images that takes its time", () -> System.nanoTime() - start >= LOOK_NANOS);
                assertEquals('t', ProcessStat.read(puppet.pid()).orElseThrow().state());
                return List.of();
            }).run();
            assertTrue(made.stoppedMicros() >= LOOK_NANOS / 1000, made::toString);
            assertTrue(made.stoppedMicros() <= made.elapsed().toNanos() / 1000, made::toString);
            puppet.awaitGone();
        }
    }
}
