package dev.thaw.it.restore;

import static dev.thaw.it.restore.Thawing.isOurs;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Bytes;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.OwnedFd;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Memory files: the image has their content, and another one can take their place. */
@IntegrationTest
@RequiresCriu
class MemfdsIT {

    @Test
    void content_and_offset_come_back(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("place(memfd('cache', 'hello'), 5); os.dup2(5, 6); m = mmap.mmap(5, 5)");
            Map<Integer, String> modes = Thawing.modes(puppet);
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                assertEquals(modes, Thawing.modes(puppet));
                assertEquals(5, puppet.fd(5).position());
                puppet.eval("m[0:1] = b'J'; write(6, ' again')");
                assertEquals("Jello again", puppet.eval("os.pread(5, 99, 0).decode()"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void another_memfd_takes_its_place_by_name(Scratch scratch) {
        try (OwnedFd kept = FdCalls.memfdCreate("whatever", 0); Puppet puppet = Puppet.start(scratch)) {
            Bytes.write(kept.number(), "kept outside");
            puppet.eval("place(memfd('cache', 'dumped'), 5); place(memfd('other', 'as it was'), 6)");
            String image = Thawing.dump(scratch, puppet);
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(9, kept.number());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image, "--map", "memfd:cache=fd:9")) {
                assertTrue(isOurs(kept.number(), puppet, 5));
                assertEquals("kept outside", puppet.eval("os.pread(5, 99, 0).decode()"));
                assertEquals("as it was", puppet.eval("os.pread(6, 99, 0).decode()"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void of_two_with_one_name_only_the_one_that_is_meant_is_replaced(Scratch scratch) {
        try (OwnedFd kept = FdCalls.memfdCreate("cache", 0); Puppet puppet = Puppet.start(scratch)) {
            Bytes.write(kept.number(), "kept outside");
            puppet.eval("place(memfd('cache', 'first'), 5); place(memfd('cache', 'second'), 6)");
            String image = Thawing.dump(scratch, puppet);
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(9, kept.number());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image, "--map", "fd:6=fd:9")) {
                assertFalse(isOurs(kept.number(), puppet, 5));
                assertEquals("['first', 'kept outside']", puppet.eval("[os.pread(fd, 99, 0).decode() for fd in (5, 6)]"));
                Thawing.leave(puppet, thaw);
            }
        }
    }
}
