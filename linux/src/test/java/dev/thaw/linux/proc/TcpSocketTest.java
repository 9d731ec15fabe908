package dev.thaw.linux.proc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.SocketCalls;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class TcpSocketTest {

    private static final String HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    @Test
    void lines_of_both_families_are_read() {
        assumeTrue(ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN, "the literals are of a little-endian machine");
        List<TcpSocket> sockets = TcpSocket.parse(HEADER
            + "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0\n"
            + "   1: 0000000000000000FFFF00000100007F:C350 00000000000000000000000001000000:0050 01 00000000:00000000 02:000006D8 00000000"
            + "  1000        0 4712 2 0000000000000000 20 4 30 10 -1\n");
        assertEquals(new TcpSocket(4711, TcpSocket.LISTEN, "127.0.0.1", 8080, "0.0.0.0", 0), sockets.get(0));
        assertTrue(sockets.get(0).isListening());
        assertEquals("ESTABLISHED", sockets.get(1).stateName());
        assertEquals("127.0.0.1:50000", sockets.get(1).local());
        assertEquals("[0:0:0:0:0:0:0:1]:80", sockets.get(1).remote());
    }

    @Test
    void text_of_another_form_is_refused() {
        assertThrows(IllegalArgumentException.class, () -> TcpSocket.parse(HEADER + "what is this\n"));
    }

    @Test
    void a_listener_of_ours_is_found_and_who_waits_at_it() throws IOException {
        try (OwnedFd listener = SocketCalls.listenTcp("127.0.0.1", 0, 1)) {
            long inode = FileCalls.fstat(listener.number()).inode();
            TcpSocket found = find(inode);
            assertEquals(SocketCalls.localPort(listener.number()), found.localPort());
            assertTrue(found.isListening());
            assertEquals(0, found.waiting());
            try (Socket client = new Socket("127.0.0.1", found.localPort())) {
                assertTrue(client.isConnected());
                assertEquals(1, find(inode).waiting());
            }
        }
    }

    private static TcpSocket find(long inode) {
        return TcpSocket.read(ProcessCalls.getpid()).stream().filter(one -> one.inode() == inode).findFirst().orElseThrow();
    }
}
