package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NothingLeft.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
@Timeout(60)
class SocketCallsTest {

    @TempDir
    Path directory;

    private OwnedFd left;
    private OwnedFd right;

    // The JDK opens a socket at its first connection and keeps it.
    @BeforeAll
    static void letTheJdkOpenItsOwnSocket() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
             Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
             Socket connection = server.accept()) {
            client.getOutputStream().write(1);
            connection.getInputStream().read();
        }
    }

    @BeforeEach
    void connect() {
        OwnedFd[] pair = SocketCalls.socketpair(SocketCalls.SOCK_SEQPACKET);
        left = pair[0];
        right = pair[1];
        SocketCalls.setTimeouts(right.number(), 10_000);
    }

    @AfterEach
    void disconnect() {
        left.close();
        right.close();
    }

    @Test
    void a_descriptor_arrives_with_its_offset_and_its_flags() {
        try (OwnedFd file = FdCalls.memfdCreate("sent", 0)) {
            FileCalls.writeFully(file.number(), "content".getBytes());
            FdCalls.setFlags(file.number(), OpenFlags.O_APPEND);
            assertEquals(5, SocketCalls.sendWithFds(left.number(), "hello".getBytes(), file.number()));
            try (SocketCalls.Received received = SocketCalls.receiveWithFds(right.number(), 100, 10)) {
                assertEquals("hello", new String(received.payload()));
                int copy = received.fds().get(0).number();
                assertEquals(0, ProcessCalls.kcmpFile(ProcessCalls.getpid(), file.number(), ProcessCalls.getpid(), copy));
                assertEquals(7, FileCalls.lseek(copy, 0, FileCalls.SEEK_CUR));
                assertTrue(FdCalls.isCloseOnExec(copy));
                assertFalse(received.fdsTruncated() || received.payloadTruncated() || received.endOfStream());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 252, 253})
    void as_many_descriptors_as_were_sent_arrive_in_order(int count) {
        List<OwnedFd> files = files(count);
        SocketCalls.sendWithFds(left.number(), new byte[1], numbers(files));
        try (SocketCalls.Received received = SocketCalls.receiveWithFds(right.number(), 1, 253)) {
            assertEquals(count, received.fds().size());
            for (int i = 0; i < count; i++) {
                assertEquals(FileCalls.fstat(files.get(i).number()).inode(), FileCalls.fstat(received.fds().get(i).number()).inode());
            }
        }
        files.forEach(OwnedFd::close);
    }

    @Test
    void more_descriptors_than_the_kernel_takes_are_EINVAL() {
        int[] many = new int[SocketCalls.MAX_FDS_PER_MESSAGE + 1];
        Arrays.fill(many, left.number());
        LinuxException failure = assertThrows(LinuxException.class, () -> SocketCalls.sendWithFds(left.number(), new byte[1], many));
        assertEquals("sendmsg(" + left.number() + ", 1, 254 descriptors): EINVAL (Invalid argument)", failure.getMessage());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void surplus_descriptors_are_closed_and_reported(int wanted) {
        List<OwnedFd> files = files(5);
        SocketCalls.sendWithFds(left.number(), new byte[1], numbers(files));
        try (SocketCalls.Received received = SocketCalls.receiveWithFds(right.number(), 1, wanted)) {
            assertEquals(wanted, received.fds().size());
            assertTrue(received.fdsTruncated());
        }
        files.forEach(OwnedFd::close);
        // NothingLeft sees whether one of the surplus stayed open.
    }

    @Test
    void one_surplus_descriptor_that_fits_the_padding_is_closed_too() {
        List<OwnedFd> files = files(2);
        SocketCalls.sendWithFds(left.number(), new byte[1], numbers(files));
        try (SocketCalls.Received received = SocketCalls.receiveWithFds(right.number(), 1, 1)) {
            assertEquals(1, received.fds().size());
            assertTrue(received.fdsTruncated());
        }
        files.forEach(OwnedFd::close);
    }

    @Test
    void a_released_descriptor_outlives_the_message() {
        SocketCalls.sendWithFds(left.number(), new byte[1], left.number());
        int kept;
        try (SocketCalls.Received received = SocketCalls.receiveWithFds(right.number(), 1, 1)) {
            kept = received.fds().get(0).release();
        }
        assertTrue(FdCalls.isOpen(kept));
        OwnedFd.of(kept).close();
    }

    @Test
    void a_message_longer_than_the_room_is_cut_and_reported() {
        SocketCalls.send(left.number(), new byte[10], 0, 10);
        try (SocketCalls.Received received = SocketCalls.receiveWithFds(right.number(), 4, 0)) {
            assertEquals(4, received.payload().length);
            assertTrue(received.payloadTruncated());
        }
    }

    @Test
    void the_end_of_a_connection_is_told() {
        left.close();
        try (SocketCalls.Received received = SocketCalls.receiveWithFds(right.number(), 4, 1)) {
            assertTrue(received.endOfStream());
        }
        assertEquals(0, SocketCalls.receive(right.number(), new byte[4]));
        assertTrue(assertThrows(LinuxException.class, () -> SocketCalls.send(right.number(), new byte[1], 0, 1)).is(Errno.EPIPE));
        assertTrue(assertThrows(LinuxException.class, () -> SocketCalls.sendWithFds(right.number(), new byte[1])).is(Errno.EPIPE));
    }

    @Test
    void a_receiver_does_not_wait_longer_than_its_timeout() {
        SocketCalls.setTimeouts(right.number(), 60);
        assertTrue(assertThrows(LinuxException.class, () -> SocketCalls.receiveWithFds(right.number(), 4, 1)).is(Errno.EAGAIN));
        assertTrue(assertThrows(LinuxException.class, () -> SocketCalls.receive(right.number(), new byte[1])).is(Errno.EAGAIN));
    }

    @Test
    void plain_bytes_are_sent_from_the_middle_of_an_array() {
        assertEquals(3, SocketCalls.send(left.number(), "xxabcxx".getBytes(), 2, 3));
        byte[] b = new byte[10];
        assertEquals(3, SocketCalls.receive(right.number(), b));
        assertEquals("abc", new String(b, 0, 3));
    }

    @Test
    void one_direction_can_be_shut() {
        SocketCalls.shutdown(left.number(), SocketCalls.SHUT_WR);
        assertEquals(0, SocketCalls.receive(right.number(), new byte[1]));
        SocketCalls.send(right.number(), new byte[1], 0, 1);
        assertEquals(1, SocketCalls.receive(left.number(), new byte[1]));
    }

    @Test
    void a_server_at_a_path_sees_who_connects() {
        serve(directory + "/socket");
        assertTrue(FileCalls.stat(directory + "/socket").isSocket());
    }

    @Test
    void a_server_at_an_abstract_name_sees_who_connects() {
        serve("\0thaw-test-" + ProcessCalls.getpid());
    }

    @Test
    void nobody_at_a_path_is_ENOENT_or_ECONNREFUSED() {
        String path = directory + "/socket";
        try (OwnedFd client = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0);
             OwnedFd bound = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0)) {
            LinuxException absent = assertThrows(LinuxException.class, () -> SocketCalls.connectUnix(client.number(), path));
            assertEquals("connect(" + client.number() + ", \"" + path + "\"): ENOENT (No such file or directory)", absent.getMessage());
            SocketCalls.bindUnix(bound.number(), path);
            assertTrue(assertThrows(LinuxException.class, () -> SocketCalls.connectUnix(client.number(), path)).is(Errno.ECONNREFUSED));
        }
    }

    @Test
    void a_path_may_have_107_bytes_and_not_one_more() {
        String path = directory + "/" + "x".repeat(107 - directory.toString().length() - 1);
        try (OwnedFd socket = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0)) {
            assertTrue(assertThrows(LinuxException.class, () -> SocketCalls.bindUnix(socket.number(), path + "x")).is(Errno.ENAMETOOLONG));
            SocketCalls.bindUnix(socket.number(), path);
            assertTrue(FileCalls.stat(path).isSocket());
        }
    }

    @Test
    void kind_and_state_of_a_socket_are_told() {
        assertEquals(SocketCalls.SOCK_SEQPACKET, SocketCalls.socketType(left.number()));
        assertEquals(SocketCalls.AF_UNIX, SocketCalls.family(left.number()));
        assertFalse(SocketCalls.isListening(left.number()));
        try (OwnedFd file = FdCalls.memfdCreate("x", 0)) {
            assertEquals("getsockopt(" + file.number() + ", SO_TYPE): ENOTSOCK (Socket operation on non-socket)",
                assertThrows(LinuxException.class, () -> SocketCalls.socketType(file.number())).getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void a_TCP_listener_has_a_port_of_its_own(String host) throws Exception {
        OwnedFd listener;
        try {
            listener = SocketCalls.listenTcp(host, 0, 5);
        } catch (LinuxException e) {
            assumeFalse(host.contains(":"), "no IPv6 here: " + e.getMessage());
            throw e;
        }
        try (listener) {
            int port = SocketCalls.localPort(listener.number());
            assertTrue(port > 0 && SocketCalls.isListening(listener.number()));
            try (Socket client = new Socket(host, port);
                 OwnedFd connection = SocketCalls.accept(listener.number())) {
                client.getOutputStream().write(42);
                byte[] b = new byte[1];
                assertEquals(1, SocketCalls.receive(connection.number(), b));
                assertArrayEquals(new byte[] {42}, b);
            }
            LinuxException taken = assertThrows(LinuxException.class, () -> SocketCalls.listenTcp(host, port, 5));
            assertEquals("bind(\"" + host + "\", " + port + "): EADDRINUSE (Address already in use)", taken.getMessage());
        }
    }

    @Test
    void a_host_name_is_not_looked_up() {
        assertTrue(assertThrows(LinuxException.class, () -> SocketCalls.listenTcp("localhost", 0, 5)).is(Errno.EINVAL));
    }

    private void serve(String name) {
        try (OwnedFd server = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0);
             OwnedFd client = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0)) {
            SocketCalls.bindUnix(server.number(), name);
            SocketCalls.listen(server.number(), 5);
            assertTrue(SocketCalls.isListening(server.number()));
            SocketCalls.connectUnix(client.number(), name);
            try (OwnedFd connection = SocketCalls.accept(server.number())) {
                assertTrue(FdCalls.isCloseOnExec(connection.number()));
                SocketCalls.PeerCredentials us =
                    new SocketCalls.PeerCredentials(ProcessCalls.getpid(), ProcessCalls.geteuid(), ProcessCalls.getegid());
                assertEquals(us, SocketCalls.peerCredentials(connection.number()));
            }
        }
    }

    private static List<OwnedFd> files(int count) {
        List<OwnedFd> files = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            files.add(FdCalls.memfdCreate("file-" + i, 0));
        }
        return files;
    }

    private static int[] numbers(List<OwnedFd> files) {
        return files.stream().mapToInt(OwnedFd::number).toArray();
    }
}
