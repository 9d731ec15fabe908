package dev.thaw.it.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Bytes;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Named pipes, opened by name. */
@IntegrationTest
@RequiresCriu
class FifosIT {

    @Test
    void fifo_that_is_still_there_connects_with_whoever_opens_its_other_end(Scratch scratch) {
        FileCalls.mkfifo(scratch.path("fifo"), 0600);
        try (OwnedFd reader = scratch.open("fifo", OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK); Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("place(os.open('" + scratch.path("fifo") + "', os.O_WRONLY | os.O_NONBLOCK), 5); write(5, 'old')");
            assertEquals("old", Bytes.readUntil(reader.number(), "old"));
            Map<Integer, String> modes = Thawing.modes(puppet);
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                assertEquals(modes, Thawing.modes(puppet));
                puppet.eval("write(5, 'new')");
                assertEquals("new", Bytes.readUntil(reader.number(), "new"));
                puppet.eval("os.close(5)");
                assertEquals("", Bytes.readToEnd(reader.number()));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void unread_bytes_of_a_fifo_are_read_first(Scratch scratch) {
        FileCalls.mkfifo(scratch.path("fifo"), 0600);
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("place(os.open('" + scratch.path("fifo") + "', os.O_RDONLY | os.O_NONBLOCK), 5)");
            try (OwnedFd writer = scratch.open("fifo", OpenFlags.O_WRONLY)) {
                Bytes.write(writer.number(), "unread ");
                String image = Thawing.dump(scratch, puppet);
                FileCalls.mkfifo(scratch.path("other"), 0600);
                try (OwnedFd both = scratch.open("other", OpenFlags.O_RDWR);
                        ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--map",
                                scratch.path("fifo") + "=" + scratch.path("other"))) {
                    Bytes.write(both.number(), "new");
                    assertEquals("read nonblock", Thawing.modes(puppet).get(5));
                    assertEquals("unread new", puppet.eval("read(5)"));
                    Thawing.leave(puppet, thaw);
                }
            }
        }
    }

    @Test
    void fifo_on_a_file_system_that_is_gone_is_given_by_a_map(Scratch scratch) {
        String mount = scratch.directory("mnt");
        ProcessCalls.mount("tmpfs", mount, "tmpfs", 0, "");
        boolean mounted = true;
        try (Puppet puppet = Puppet.start(scratch)) {
            FileCalls.mkfifo(mount + "/fifo", 0600);
            puppet.eval("place(os.open('" + mount + "/fifo', os.O_RDWR), 5)");
            String image = Thawing.dump(scratch, puppet);
            ProcessCalls.umount2(mount, 0);
            mounted = false;
            ThawProcess.run(scratch, "restore", image).expect(121).expectErr("FIFO " + mount + "/fifo")
                    .expectErr("there is no such FIFO any more");

            FileCalls.mkfifo(scratch.path("fifo"), 0600);
            try (OwnedFd both = scratch.open("fifo", OpenFlags.O_RDWR)) {
                String key = mount + "/fifo";
                try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--map", key + "=" + scratch.path("fifo"))) {
                    assertEquals(scratch.path("fifo"), puppet.fd(5).link());
                    assertEquals("read-write", puppet.fd(5).access());
                    Bytes.write(both.number(), "by path");
                    assertEquals("by path", puppet.eval("read(5)"));
                    Thawing.leave(puppet, thaw);
                }
                puppet.awaitGone();
                ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(9, both.number());
                try (ThawProcess thaw = Thawing.restore(puppet, with, image, "--map", key + "=fd:9")) {
                    assertTrue(Thawing.isOurs(both.number(), puppet, 5));
                    puppet.eval("write(5, 'by descriptor')");
                    assertEquals("by descriptor", Bytes.readUntil(both.number(), "descriptor"));
                    Thawing.leave(puppet, thaw);
                }
            }
        } finally {
            if (mounted) {
                ProcessCalls.umount2(mount, 0);
            }
        }
    }

    @Test
    void writer_of_a_fifo_that_nobody_reads_is_restored_all_the_same(Scratch scratch) {
        FileCalls.mkfifo(scratch.path("fifo"), 0600);
        try (Puppet puppet = Puppet.start(scratch)) {
            try (OwnedFd reader = scratch.open("fifo", OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK)) {
                puppet.eval("place(os.open('" + scratch.path("fifo") + "', os.O_WRONLY), 5)");
                assertEquals("", Bytes.available(reader.number()));
            }
            FileCalls.mkfifo(scratch.path("other"), 0600);
            String image = Thawing.dump(scratch, puppet);
            for (String[] arguments : new String[][] {{image}, {image, "--map", scratch.path("fifo") + "=" + scratch.path("other")}}) {
                try (ThawProcess thaw = Thawing.restore(scratch, puppet, arguments)) {
                    assertEquals("write", puppet.fd(5).access());
                    String name = arguments.length > 1 ? "other" : "fifo";
                    try (OwnedFd reader = scratch.open(name, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK)) {
                        puppet.eval("write(5, 'late reader')");
                        assertEquals("late reader", Bytes.readUntil(reader.number(), "reader"));
                    }
                    Thawing.leave(puppet, thaw);
                }
                puppet.awaitGone();
            }
        }
    }
}
