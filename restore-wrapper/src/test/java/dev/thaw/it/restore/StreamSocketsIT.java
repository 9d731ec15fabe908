package dev.thaw.it.restore;

import static dev.thaw.it.restore.Thawing.isOurs;
import static dev.thaw.it.restore.Thawing.isSame;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Bytes;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.TestSocketPair;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.SocketCalls;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Connected and listening unix sockets. */
@IntegrationTest
@RequiresCriu
class StreamSocketsIT {

    @Test
    void streams_on_a_socket_go_to_the_new_socket(Scratch scratch) {
        try (TestSocketPair old = TestSocketPair.stream();
                TestSocketPair now = TestSocketPair.stream();
                Puppet puppet = Puppet.in(scratch).descriptor(0, old.theirs()).descriptor(1, old.theirs()).descriptor(2, old.theirs())
                        .start()) {
            Puppet child = puppet.child("child");
            Map<Integer, String> modes = Thawing.modes(puppet);
            String image = Thawing.dump(scratch, puppet, 1);
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(0, now.theirs()).descriptor(1, now.theirs()).descriptor(2, now.theirs());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image)) {
                assertEquals(modes, Thawing.modes(puppet));
                assertTrue(isOurs(now.theirs(), puppet, 1));
                assertTrue(isSame(puppet, 2, child, 2));
                Bytes.write(now.ours(), "question");
                puppet.eval("write(1, read(0) + ' and answer')");
                assertEquals("question and answer", Bytes.readUntil(now.ours(), "answer"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void connection_to_somebody_outside_needs_a_source(Scratch scratch) {
        try (TestSocketPair old = TestSocketPair.stream();
                TestSocketPair now = TestSocketPair.stream();
                Puppet puppet = Puppet.in(scratch).descriptor(5, old.theirs()).nullStreams().start()) {
            String key = puppet.fd(5).link();
            String image = Thawing.dump(scratch, puppet, 5);
            ThawProcess.run(scratch, "restore", image).expect(121).expectErr("no source for fd 5 of pid " + puppet.pid()).expectErr(key);
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(7, now.theirs());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image, "--map", key + "=fd:7")) {
                now.releaseTheirs();
                puppet.eval("write(5, 'through the new one'); os.close(5)");
                assertEquals("through the new one", Bytes.readToEnd(now.ours()));
                Thawing.leave(puppet, thaw);
            }
            puppet.awaitGone();
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--map", "fd:5=append:" + scratch.path("log"))) {
                puppet.eval("write(5, 'into a file')");
                assertEquals("into a file", scratch.read("log"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void connection_to_a_named_server_is_the_one_that_thaw_was_given(Scratch scratch) {
        try (OwnedFd server = listen(scratch.path("server")); Puppet puppet = Puppet.start(scratch)) {
            connect(puppet, scratch.path("server"), 1);
            try (OwnedFd accepted = SocketCalls.accept(server.number())) {
                puppet.eval("write(1, 'first')");
                assertEquals("first", Bytes.readUntil(accepted.number(), "first"));
                String image = Thawing.dump(scratch, puppet, 1);
                try (OwnedFd client = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0)) {
                    SocketCalls.connectUnix(client.number(), scratch.path("server"));
                    try (OwnedFd second = SocketCalls.accept(server.number());
                            ThawProcess thaw = Thawing.restore(puppet, ThawProcess.in(scratch).descriptor(1, client.number()), image)) {
                        assertTrue(isOurs(client.number(), puppet, 1));
                        puppet.eval("write(1, 'second')");
                        assertEquals("second", Bytes.readUntil(second.number(), "second"));
                        Thawing.leave(puppet, thaw);
                    }
                }
            }
        }
    }

    @Test
    void half_closed_connection_does_not_hang(Scratch scratch) {
        try (TestSocketPair old = TestSocketPair.stream();
                TestSocketPair now = TestSocketPair.stream();
                Puppet puppet = Puppet.in(scratch).descriptor(5, old.theirs()).nullStreams().start()) {
            old.releaseOurs();
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                assertEquals("", puppet.eval("read(5)"), "its peer has ended, as before");
                Thawing.leave(puppet, thaw);
            }
            puppet.awaitGone();
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(7, now.theirs());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image, "--map", "fd:5=fd:7")) {
                puppet.eval("write(5, 'connected again')");
                assertEquals("connected again", Bytes.readUntil(now.ours(), "again"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void pair_inside_the_tree_keeps_its_data(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("a, b = socket.socketpair(); place(a.detach(), 5); place(b.detach(), 6); write(5, 'queued ')");
            Puppet child = puppet.child("child");
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                child.eval("write(5, 'and new')");
                assertEquals("queued and new", puppet.eval("''.join((read(6, 7), read(6)))"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void path_of_a_listening_socket_leads_to_the_application_again(Scratch scratch) {
        String path = scratch.path("listening");
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("s = socket.socket(socket.AF_UNIX); s.bind('" + path + "'); s.listen(5); place(s.detach(), 5)");
            String image = Thawing.dump(scratch, puppet);
            assertTrue(FileCalls.lstat(path).isSocket(), "the dump leaves the name of the socket behind");
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                assertAnswers(puppet, path);
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void listening_socket_that_somebody_kept_open_is_handed_over_with_its_path_and_its_clients(Scratch scratch) {
        String path = scratch.path("listening");
        try (OwnedFd kept = listen(path); Puppet puppet = Puppet.in(scratch).descriptor(5, kept.number()).nullStreams().start()) {
            puppet.eval("e = select.epoll(); place(os.dup(e.fileno()), 6); e.close(); e = select.epoll.fromfd(6); e.register(5, select.EPOLLIN)");
            String image = Thawing.dump(scratch, puppet);
            try (OwnedFd early = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0)) {
                SocketCalls.connectUnix(early.number(), path);
                ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(9, kept.number());
                try (ThawProcess thaw = Thawing.restore(puppet, with, image, "--map", "fd:5=fd:9")) {
                    assertTrue(isOurs(kept.number(), puppet, 5));
                    assertEquals("[(5, 1)]", puppet.eval("e.poll(5)"), "the client that has waited");
                    puppet.eval("c, _ = socket.socket(fileno=os.dup(5)).accept(); c.sendall(b'at last'); c.close()");
                    assertEquals("at last", Bytes.readToEnd(early.number()));
                    assertAnswers(puppet, path);
                    Thawing.leave(puppet, thaw);
                }
            }
        }
    }

    private static void assertAnswers(Puppet puppet, String path) {
        try (OwnedFd client = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0)) {
            SocketCalls.connectUnix(client.number(), path);
            puppet.eval("c, _ = socket.socket(fileno=os.dup(5)).accept(); c.sendall(b'welcome'); c.close()");
            assertEquals("welcome", Bytes.readToEnd(client.number()));
        }
    }

    private static OwnedFd listen(String path) {
        OwnedFd server = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0);
        SocketCalls.bindUnix(server.number(), path);
        SocketCalls.listen(server.number(), 5);
        return server;
    }

    private static void connect(Puppet puppet, String path, int number) {
        puppet.eval("s = socket.socket(socket.AF_UNIX); s.connect('" + path + "'); place(s.detach(), " + number + ")");
    }
}
