package dev.thaw.it.restore;

import static dev.thaw.it.restore.Thawing.isSame;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** /dev/null, which one key stands for however many descriptors of it there are, and streams that were closed. */
@IntegrationTest
@RequiresCriu
class NullStreamsIT {

    @Test
    void null_streams_are_left_to_criu(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            Map<Integer, String> modes = Thawing.modes(puppet);
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                assertEquals(Map.of(0, "/dev/null", 1, "/dev/null", 2, "/dev/null"), Thawing.links(puppet));
                assertEquals(modes, Thawing.modes(puppet));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void one_of_three_null_streams_of_one_description_is_redirected(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("os.dup2(1, 9)");
            String image = Thawing.dump(scratch, puppet);
            scratch.file("log", "before\n");
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--stdout", "append:" + scratch.path("log"))) {
                assertEquals(Map.of(0, "/dev/null", 1, scratch.path("log"), 2, "/dev/null", 9, "/dev/null"), Thawing.links(puppet));
                assertEquals(Map.of(0, "read-write", 1, "write append", 2, "read-write, same as 0", 9, "read-write, same as 0"),
                        Thawing.modes(puppet));
                puppet.eval("write(1, 'restored\\n'); write(2, 'nowhere\\n')");
                assertEquals("before\nrestored\n", scratch.read("log"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void one_of_three_null_streams_that_were_opened_one_by_one_is_redirected(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("[place(os.open('/dev/null', os.O_RDONLY if fd == 0 else os.O_WRONLY), fd) for fd in (0, 1, 2)]");
            Puppet child = puppet.child("child");
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--stderr", "append:" + scratch.path("log"))) {
                assertEquals(Map.of(0, "/dev/null", 1, "/dev/null", 2, scratch.path("log")), Thawing.links(puppet));
                assertEquals(Map.of(0, "read", 1, "write", 2, "write append"), Thawing.modes(puppet));
                // The child has shared its parent's standard error, and does so again.
                assertEquals(Map.of(0, "/dev/null", 1, "/dev/null", 2, scratch.path("log")), Thawing.links(child));
                assertTrue(isSame(puppet, 2, child, 2));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void closed_stdout_is_given_a_descriptor_when_one_is_named(Scratch scratch) {
        try (Puppet puppet = Puppet.in(scratch).nullDescriptor(0).start()) {
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--stdout", "append:" + scratch.path("log"), "--stderr",
                    "stdout", "--map", "fd:7=read:/dev/zero")) {
                assertEquals(Map.of(0, "/dev/null", 1, scratch.path("log"), 2, scratch.path("log"), 7, "/dev/zero"),
                        Thawing.links(puppet));
                assertEquals(Map.of(0, "read-write", 1, "write append", 2, "write append, same as 1", 7, "read"), Thawing.modes(puppet));
                puppet.eval("write(1, 'out '); write(2, 'err')");
                assertEquals("out err", scratch.read("log"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void closed_streams_stay_closed_and_that_is_said(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("os.close(0); os.close(1); os.close(2)");
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                assertEquals(Map.of(), Thawing.links(puppet));
                Thawing.leave(puppet, thaw).expectErr("fd 1 was closed in the application and stays so");
            }
        }
    }

    @Test
    void process_with_no_descriptor_at_all_can_be_given_some(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            Puppet child = puppet.child("child");
            puppet.eval("os.close(0); os.close(1); os.close(2)");
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--stdin", "null", "--stdout",
                    "append:" + scratch.path("log"), "--stderr", "stdout")) {
                puppet.eval("write(1, 'out')");
                assertEquals("out", scratch.read("log"));
                assertTrue(isSame(puppet, 1, puppet, 2));
                assertEquals(Map.of(0, "/dev/null", 1, "/dev/null", 2, "/dev/null"), Thawing.links(child));
                assertFalse(isSame(puppet, 0, child, 0));
                Thawing.leave(puppet, thaw);
            }
        }
    }
}
