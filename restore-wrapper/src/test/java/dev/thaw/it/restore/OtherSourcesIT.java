package dev.thaw.it.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.it.Bytes;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.TestPty;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import org.junit.jupiter.api.Test;

/** Sources that are neither a path nor a stream of thaw's own; markers; namespaces by name. */
@IntegrationTest
@RequiresCriu
class OtherSourcesIT {

    @Test
    void a_marker_stands_before_the_first_byte_of_the_restored_application(Scratch scratch) {
        try (FdCalls.Pipe old = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Puppet puppet = Puppet.in(scratch).nullStreams().descriptor(1, old.writer().number()).start()) {
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(puppet, ThawProcess.in(scratch).descriptor(1, pipe.writer().number()),
                    "--marker", "1=-- restored --", image)) {
                puppet.eval("write(1, 'first\\n')");
                assertEquals("-- restored --\nfirst\n", Bytes.readUntil(pipe.reader().number(), "first\n"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void a_marker_for_what_thaw_does_not_hand_over_is_refused(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String image = Thawing.dump(scratch, puppet);

            ThawProcess.run(scratch, "restore", "--marker", "1=text", image).expect(121)
                    .expectErr("--marker 1: fd 1 of pid " + puppet.pid() + " is not handed over by thaw");
        }
    }

    @Test
    void a_fresh_pty_takes_the_place_of_a_terminal_and_is_joined_to_thaws_own(Scratch scratch) {
        try (TestPty before = new TestPty();
                TestPty after = new TestPty();
                Puppet puppet = Puppet.in(scratch).descriptor(0, before.slave()).descriptor(1, before.slave())
                        .descriptor(2, before.slave()).controllingTerminal(0).start()) {
            before.releaseSlave();
            after.setWindowSize(33, 99);
            String image = scratch.path("images");
            Thawing.dumping(scratch, puppet, image, 0).run();
            try (ThawProcess thaw = Thawing.restore(puppet, ThawProcess.in(scratch).terminal(after),
                    "--stdin", "pty", "--stdout", "pty", "--stderr", "pty", image)) {
                assertEquals("True", puppet.eval("all(os.isatty(fd) for fd in (0, 1, 2))"));
                puppet.eval("write(1, 'hello from inside\\n')");
                after.readUntil("hello from inside");
                assertEquals(String.valueOf(puppet.pid()), puppet.eval("os.tcgetpgrp(0)"), "it is the controlling terminal again");
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void an_external_network_namespace_is_entered_by_name(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("import ctypes; ctypes.CDLL(None).unshare(0x40000000)");
            long inode = FileCalls.stat("/proc/" + puppet.pid() + "/ns/net").inode();
            String image = scratch.path("images");
            Thawing.dumping(scratch, puppet, image).option("--external", "net[" + inode + "]:shop").option("--network-lock", "skip").run();
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                assertEquals(FileCalls.stat("/proc/self/ns/net").inode(), FileCalls.stat("/proc/" + puppet.pid() + "/ns/net").inode());
                Thawing.leave(puppet, thaw);
            }
        }
    }
}
