package dev.thaw.it.restore;

import static dev.thaw.it.restore.Thawing.isOurs;
import static dev.thaw.it.restore.Thawing.isSame;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.thaw.fdbroker.JournalStream;
import dev.thaw.it.Alone;
import dev.thaw.it.Bytes;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.SocketCalls;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Output of a service: a stream to the journal, of which the first lines are a header. The journal is a listener of the test. */
@IntegrationTest
@RequiresCriu
class JournalStreamsIT {

    @Test
    void output_goes_to_the_stream_of_the_new_unit(Scratch scratch) {
        String path = scratch.path("journal");
        try (OwnedFd journal = listen(path);
                OwnedFd old = JournalStream.connect(path, "old");
                OwnedFd oldEntries = SocketCalls.accept(journal.number());
                Puppet puppet = Puppet.in(scratch).descriptor(1, old.number()).descriptor(2, old.number()).nullStreams().start()) {
            Map<Integer, String> modes = Thawing.modes(puppet);
            String image = Thawing.dump(scratch, puppet, 1);
            try (OwnedFd now = JournalStream.connect(path, "new"); OwnedFd entries = SocketCalls.accept(journal.number())) {
                ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(1, now.number()).descriptor(2, now.number());
                try (ThawProcess thaw = Thawing.restore(puppet, with, image)) {
                    assertEquals(modes, Thawing.modes(puppet));
                    assertTrue(isOurs(now.number(), puppet, 2));
                    puppet.eval("write(1, 'first line\\n'); write(2, 'second\\n')");
                    assertEquals("new\n\n6\n1\n0\n0\n0\nfirst line\nsecond\n", Bytes.readUntil(entries.number(), "second\n"));
                    assertEquals("old\n\n6\n1\n0\n0\n0\n", Bytes.readUntil(oldEntries.number(), "1\n0\n0\n0\n"));
                    Thawing.leave(puppet, thaw);
                }
            }
        }
    }

    @Test
    @Alone
    void fresh_stream_has_a_header_with_the_identifier(Scratch scratch) {
        assumeTrue(FileCalls.statIfExists(JournalStream.SOCKET).isEmpty(), "a journal runs here, and the header could not be seen");
        Deque<String> made = directories("/run/systemd/journal");
        try (OwnedFd journal = listen(JournalStream.SOCKET); OwnedFd old = listen(scratch.path("old")); Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("s = socket.socket(socket.AF_UNIX); s.connect('" + scratch.path("old") + "'); place(s.detach(), 1); os.dup2(1, 2)");
            assertTrue(SocketCalls.isListening(old.number()));
            try (OwnedFd accepted = SocketCalls.accept(old.number())) {
                assertEquals("", Bytes.available(accepted.number()));
                String image = Thawing.dump(scratch, puppet, 1);
                try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--stdout", "journal:shop", "--stderr", "stdout");
                        OwnedFd entries = SocketCalls.accept(journal.number())) {
                    assertTrue(isSame(puppet, 1, puppet, 2));
                    puppet.eval("write(1, 'first line\\n')");
                    assertEquals("shop\n\n6\n1\n0\n0\n0\nfirst line\n", Bytes.readUntil(entries.number(), "line\n"));
                    puppet.eval("os.close(1); os.close(2)");
                    assertEquals("", Bytes.readToEnd(entries.number()));
                    Thawing.leave(puppet, thaw);
                }
            }
        } finally {
            FileCalls.statIfExists(JournalStream.SOCKET).ifPresent(status -> FileCalls.unlink(JournalStream.SOCKET));
            made.forEach(FileCalls::rmdir);
        }
    }

    @Test
    void a_journal_that_is_not_there_is_an_unavailable_source(Scratch scratch) {
        assumeTrue(FileCalls.statIfExists(JournalStream.SOCKET).isEmpty(), "a journal runs here");
        try (Puppet puppet = Puppet.start(scratch)) {
            String image = Thawing.dump(scratch, puppet);
            ThawProcess.run(scratch, "restore", image, "--stdout", "journal").expect(123).expectErr("journal").expectErr(JournalStream.SOCKET);
        }
    }

    /** @return those that were made, the innermost first */
    private static Deque<String> directories(String path) {
        Deque<String> made = new ArrayDeque<>();
        String directory = "";
        for (String part : path.substring(1).split("/")) {
            directory += "/" + part;
            if (FileCalls.statIfExists(directory).isEmpty()) {
                FileCalls.mkdir(directory, 0755);
                made.push(directory);
            }
        }
        return made;
    }

    private static OwnedFd listen(String path) {
        OwnedFd server = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0);
        SocketCalls.bindUnix(server.number(), path);
        SocketCalls.listen(server.number(), 5);
        return server;
    }
}
