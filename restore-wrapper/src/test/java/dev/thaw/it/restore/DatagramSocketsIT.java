package dev.thaw.it.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.TestSocketPair;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.SocketCalls;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Datagram sockets, with which criu hangs for ever when they are inherited by key, or crashes: here each restores or is refused. */
@IntegrationTest
@RequiresCriu
class DatagramSocketsIT {

    @Test
    void socket_connected_to_a_name_like_dev_log_is_connected_again(Scratch scratch) {
        try (OwnedFd log = bind(scratch.path("log")); Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect('" + scratch.path("log") + "'); place(s.detach(), 5)");
            puppet.eval("write(5, 'before')");
            assertEquals("before", receive(log));
            String image = scratch.path("images");
            Thawing.dumping(scratch, puppet, image).option("--ext-unix-sk").run();
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                puppet.eval("write(5, 'after')");
                assertEquals("after", receive(log));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void restarted_logger_is_connected_to_and_a_missing_one_refused(Scratch scratch) {
        String path = scratch.path("log");
        try (Puppet puppet = Puppet.start(scratch)) {
            String image = scratch.path("images");
            try (OwnedFd log = bind(path)) {
                puppet.eval("s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect('" + path + "'); place(s.detach(), 5)");
                assertTrue(FdCalls.isOpen(log.number()));
                Thawing.dumping(scratch, puppet, image).option("--ext-unix-sk").run();
            }
            FileCalls.unlink(path);
            ThawProcess.run(scratch, "restore", image).expect(121)
                    .expectErr("no source for fd 5 of pid " + puppet.pid()).expectErr(path).expectErr("--map");
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--map", "fd:5=null")) {
                assertEquals("/dev/null", puppet.fd(5).link());
                Thawing.leave(puppet, thaw);
            }
            puppet.awaitGone();
            try (OwnedFd again = bind(path); ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                puppet.eval("write(5, 'to the new one')");
                assertEquals("to the new one", receive(again));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void bound_socket_is_reached_by_its_name_again(Scratch scratch) {
        String path = scratch.path("bound");
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind('" + path + "'); place(s.detach(), 5)");
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image);
                    OwnedFd sender = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_DGRAM, 0)) {
                SocketCalls.connectUnix(sender.number(), path);
                send(sender.number(), "by name");
                assertEquals("by name", puppet.eval("read(5)"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void half_of_a_pair_whose_other_half_is_outside_takes_another_socket_or_a_file(Scratch scratch) {
        try (TestSocketPair old = TestSocketPair.datagram();
                TestSocketPair now = TestSocketPair.datagram();
                Puppet puppet = Puppet.in(scratch).descriptor(5, old.theirs()).nullStreams().start()) {
            String image = Thawing.dump(scratch, puppet, 5);
            ThawProcess.run(scratch, "restore", image).expect(121).expectErr("no source for fd 5 of pid " + puppet.pid());
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(7, now.theirs());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image, "--map", "fd:5=fd:7")) {
                send(now.ours(), "one message");
                assertEquals("one message", puppet.eval("read(5)"));
                puppet.eval("write(5, 'another')");
                assertEquals("another", receive(now.ours()));
                Thawing.leave(puppet, thaw);
            }
            puppet.awaitGone();
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--map", "fd:5=append:" + scratch.path("file"))) {
                puppet.eval("write(5, 'message')");
                assertEquals("message", scratch.read("file"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void streams_on_datagram_sockets_become_those_of_thaw(Scratch scratch) {
        try (TestSocketPair old = TestSocketPair.datagram();
                Puppet puppet = Puppet.in(scratch).descriptor(1, old.theirs()).descriptor(2, old.theirs()).nullStreams().start()) {
            String image = Thawing.dump(scratch, puppet, 1);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                puppet.eval("write(1, 'to stdout'); write(2, 'to stderr')");
                thaw.awaitOut("to stdout");
                thaw.awaitErr("to stderr");
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void pair_inside_the_tree_keeps_its_messages(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM); place(a.detach(), 5); place(b.detach(), 6); "
                    + "write(5, 'one'); write(5, 'two')");
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                assertEquals("['one', 'two']", puppet.eval("[read(6), read(6)]"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    private static OwnedFd bind(String path) {
        OwnedFd socket = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_DGRAM, 0);
        SocketCalls.bindUnix(socket.number(), path);
        SocketCalls.setTimeouts(socket.number(), 5_000);
        return socket;
    }

    private static void send(int socket, String message) {
        byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
        assertEquals(bytes.length, SocketCalls.send(socket, bytes, 0, bytes.length));
    }

    private static String receive(OwnedFd socket) {
        return receive(socket.number());
    }

    private static String receive(int socket) {
        byte[] message = new byte[100];
        return new String(message, 0, SocketCalls.receive(socket, message), StandardCharsets.UTF_8);
    }
}
