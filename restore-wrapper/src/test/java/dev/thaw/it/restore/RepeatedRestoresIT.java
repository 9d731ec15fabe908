package dev.thaw.it.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.it.Bytes;
import dev.thaw.it.Digest;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.ProcessCalls;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One image many times, and images of what was restored: with other streams each time. */
@IntegrationTest
@RequiresCriu
class RepeatedRestoresIT {

    @Test
    @RequiresRoot
    @Timeout(180)
    void image_is_the_same_after_twenty_restores_with_other_streams(Scratch scratch) {
        try (FdCalls.Pipe old = pipe(); Puppet puppet = Puppet.in(scratch).descriptor(1, old.writer().number()).nullStreams().start()) {
            String image = Thawing.dump(scratch, puppet);
            FileCalls.chmod(image, 0500);
            String digest = Digest.of(image);
            ProcessCalls.mount(image, image, "none", ProcessCalls.MS_BIND, "");
            ProcessCalls.mount("none", image, "none", ProcessCalls.MS_BIND | ProcessCalls.MS_REMOUNT | ProcessCalls.MS_RDONLY, "");
            try {
                restoreTwentyTimes(scratch, puppet, image);
            } finally {
                ProcessCalls.umount2(image, 2); // MNT_DETACH: whoever has just ended may still be seen in there
            }
            assertEquals("round 1\nround 3\nround 5\nround 7\nround 9\nround 11\nround 13\nround 15\nround 17\nround 19\n", scratch.read("log"));
            assertEquals(digest, Digest.of(image));
        }
    }

    private static void restoreTwentyTimes(Scratch scratch, Puppet puppet, String image) {
        for (int round = 0; round < 20; round++) {
            try (FdCalls.Pipe now = pipe()) {
                boolean toFile = round % 2 == 1;
                ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(1, now.writer().number());
                String[] arguments = toFile ? new String[] {image, "--stdout", "append:" + scratch.path("log")} : new String[] {image};
                try (ThawProcess thaw = Thawing.restore(puppet, with, arguments)) {
                    puppet.eval("write(1, 'round " + round + "\\n')");
                    if (!toFile) {
                        assertEquals("round " + round + "\n", Bytes.readUntil(now.reader().number(), "\n"));
                    }
                    Thawing.leave(puppet, thaw);
                }
                puppet.awaitGone();
            }
        }
    }

    @Test
    void two_images_are_restored_at_the_same_time(Scratch scratch) {
        try (FdCalls.Pipe old = pipe();
                FdCalls.Pipe now = pipe();
                Puppet one = Puppet.in(scratch).descriptor(1, old.writer().number()).nullStreams().start();
                Puppet two = Puppet.in(scratch).descriptor(1, old.writer().number()).nullStreams().start()) {
            Thawing.dumping(scratch, one, scratch.path("one")).run();
            Thawing.dumping(scratch, two, scratch.path("two")).run();
            try (ThawProcess first = ThawProcess.in(scratch).descriptor(1, now.writer().number()).start("restore", scratch.path("one"));
                    ThawProcess second = ThawProcess.in(scratch).descriptor(1, now.writer().number()).start("restore", scratch.path("two"))) {
                first.awaitRestored(one);
                second.awaitRestored(two);
                one.eval("write(1, 'one ')");
                two.eval("write(1, 'two')");
                assertEquals("one two", Bytes.readUntil(now.reader().number(), "two"));
                Thawing.leave(one, first);
                Thawing.leave(two, second);
            }
        }
    }

    @Test
    void what_was_restored_is_checkpointed_and_restored_again(Scratch scratch) {
        String image = scratch.path("image");
        try (FdCalls.Pipe first = pipe();
                FdCalls.Pipe second = pipe();
                FdCalls.Pipe third = pipe();
                Puppet puppet = Puppet.in(scratch).descriptor(1, first.writer().number()).nullStreams().start()) {
            puppet.eval("place(os.open('" + scratch.file("log", "") + "', os.O_WRONLY | os.O_APPEND), 5); n = 1; write(5, '1')");
            Map<Integer, String> modes = Thawing.modes(puppet);
            ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), image).expect(0);
            puppet.awaitGone();
            try (ThawProcess thaw = Thawing.restore(puppet, ThawProcess.in(scratch).descriptor(1, second.writer().number()), image)) {
                assertEquals(modes, Thawing.modes(puppet));
                puppet.eval("n += 1; write(1, 'second'); write(5, '2')");
                assertEquals("second", Bytes.readUntil(second.reader().number(), "second"));
                ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), image).expect(0);
                thaw.awaitEnd();
            }
            puppet.awaitGone();
            try (ThawProcess thaw = Thawing.restore(puppet, ThawProcess.in(scratch).descriptor(1, third.writer().number()), image)) {
                assertEquals(modes, Thawing.modes(puppet));
                assertEquals("2", puppet.eval("n"));
                puppet.eval("write(1, 'third'); write(5, '3')");
                assertEquals("third", Bytes.readUntil(third.reader().number(), "third"));
                assertEquals("123", scratch.read("log"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    private static FdCalls.Pipe pipe() {
        return FdCalls.pipe2(OpenFlags.O_CLOEXEC);
    }
}
