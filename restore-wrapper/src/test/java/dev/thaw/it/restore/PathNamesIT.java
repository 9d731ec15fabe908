package dev.thaw.it.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A path is bytes, of which only the slash and the end mean something. */
@IntegrationTest
@RequiresCriu
class PathNamesIT {

    @ParameterizedTest(name = "{index}")
    @ValueSource(strings = {"a space", "a:colon=and[brackets]", "line\nfeed 'quotes\" $HOME * ?", "fd[3]:x", "\udcff\udcfe not UTF-8 \udc80", "-o (deleted)"})
    void files_with_any_name_are_handed_over(String name, Scratch scratch) {
        try (OwnedFd log = scratch.open(name, OpenFlags.O_WRONLY | OpenFlags.O_CREAT);
                Puppet puppet = Puppet.in(scratch).descriptor(5, log.number()).nullStreams().start()) {
            puppet.eval("write(5, 'dumped ')");
            String image = Thawing.dump(scratch, puppet);
            try (OwnedFd grow = scratch.open(name, OpenFlags.O_WRONLY | OpenFlags.O_APPEND)) {
                FileCalls.writeFully(grow.number(), "GREW".getBytes(StandardCharsets.US_ASCII));
            }
            FileCalls.rename(image, scratch.path("images " + name.replace("/", "")));
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, scratch.path("images " + name), "--stdout",
                    "append:" + scratch.path("out " + name))) {
                assertEquals(scratch.path(name), puppet.fd(5).link());
                puppet.eval("write(5, 'new'); write(1, 'out')");
                assertEquals("dumped newW", scratch.read(name));
                assertEquals("out", scratch.read("out " + name));
                Thawing.leave(puppet, thaw);
            }
            assertEquals(name, KernelString.decode(KernelString.encode(name)));
        }
    }
}
