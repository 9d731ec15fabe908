package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.SocketDiagnostics.UnixSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NothingLeft.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
@Timeout(60)
class SocketDiagnosticsTest {

    @Test
    void each_end_of_a_pair_names_the_other() {
        OwnedFd[] pair = SocketCalls.socketpair(SocketCalls.SOCK_STREAM);
        try (OwnedFd left = pair[0]; OwnedFd right = pair[1]) {
            assertEquals(OptionalLong.of(inode(right)), found(left).peer());
            assertEquals(OptionalLong.of(inode(left)), found(right).peer());
            assertEquals(SocketCalls.SOCK_STREAM, found(left).type());
            assertEquals(1, found(left).state());
        }
    }

    @Test
    void an_end_whose_peer_is_closed_has_none() {
        OwnedFd[] pair = SocketCalls.socketpair(SocketCalls.SOCK_SEQPACKET);
        pair[1].close();
        try (OwnedFd left = pair[0]) {
            assertEquals(OptionalLong.empty(), found(left).peer());
        }
    }

    @Test
    void bound_sockets_are_found_by_path_and_by_abstract_name(@TempDir Path directory) {
        String path = directory + "/a b.sock";
        String name = "\0thaw-test-" + System.nanoTime();
        try (OwnedFd listener = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0);
             OwnedFd datagrams = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_DGRAM, 0);
             OwnedFd sender = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_DGRAM, 0)) {
            SocketCalls.bindUnix(listener.number(), path);
            SocketCalls.listen(listener.number(), 1);
            SocketCalls.bindUnix(datagrams.number(), name);
            SocketCalls.connectUnix(sender.number(), name);
            assertEquals(path, found(listener).name());
            assertEquals(10, found(listener).state());
            assertEquals(name, found(datagrams).name());
            assertEquals(OptionalLong.of(inode(datagrams)), found(sender).peer());
        }
    }

    @Test
    void a_connection_that_nobody_has_accepted_waits_at_the_listener_and_has_no_peer(@TempDir Path directory) {
        try (OwnedFd listener = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0);
             OwnedFd client = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0)) {
            SocketCalls.bindUnix(listener.number(), directory + "/s");
            SocketCalls.listen(listener.number(), 1);
            SocketCalls.connectUnix(client.number(), directory + "/s");
            assertEquals(OptionalLong.empty(), found(client).peer());
            assertEquals(List.of(inode(client)), found(listener).waiting());
            assertEquals(0, found(client).unsentBytes());
            FileCalls.writeFully(client.number(), new byte[] {1});
            assertTrue(found(client).unsentBytes() > 0);
            assertEquals(0, found(listener).unsentBytes());
        }
    }

    @Test
    void protocols_have_the_names_of_the_kernel(@TempDir Path directory) {
        try (OwnedFd tcp = SocketCalls.listenTcp("127.0.0.1", 0, 1);
             OwnedFd unix = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_DGRAM, 0);
             OwnedFd file = FileCalls.open(directory.toString(), OpenFlags.O_RDONLY)) {
            assertEquals(Optional.of("TCP"), protocol(tcp));
            assertEquals("UNIX", protocol(unix).orElseThrow().substring(0, 4)); // UNIX-DGRAM or, in older kernels, UNIX
            assertEquals(Optional.empty(), protocol(file));
        }
        assertEquals(Optional.empty(), SocketDiagnostics.protocol(ProcessCalls.getpid(), 1_000_000));
    }

    @Test
    void a_refusal_of_the_kernel_is_an_error_with_its_number() {
        ByteBuffer block = ByteBuffer.allocate(20).order(ByteOrder.nativeOrder());
        block.putInt(20).putShort((short) 2).putShort((short) 0).putInt(1).putInt(0).putInt(-Errno.ENOENT).flip();
        LinuxException refused = assertThrows(LinuxException.class, () -> SocketDiagnostics.parse(block, new ArrayList<>()));
        assertEquals("sock_diag(AF_UNIX): ENOENT (No such file or directory)", refused.getMessage());
    }

    private static UnixSocket found(OwnedFd socket) {
        long inode = inode(socket);
        return SocketDiagnostics.unixSockets(ProcessCalls.getpid()).stream().filter(one -> one.inode() == inode).findFirst().orElseThrow();
    }

    private static long inode(OwnedFd socket) {
        return FileCalls.fstat(socket.number()).inode();
    }

    private static Optional<String> protocol(OwnedFd fd) {
        return SocketDiagnostics.protocol(ProcessCalls.getpid(), fd.number());
    }
}
