package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.thaw.linux.proc.StatusFile;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NothingLeft.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
@Timeout(60)
class PeerCallsTest {

    private OwnedFd left;
    private OwnedFd right;

    @BeforeEach
    void connect() {
        OwnedFd[] pair = SocketCalls.socketpair(SocketCalls.SOCK_SEQPACKET);
        left = pair[0];
        right = pair[1];
    }

    @AfterEach
    void disconnect() {
        left.close();
        right.close();
    }

    @Test
    void what_was_sent_is_unread_until_it_is_read() {
        assertFalse(PeerCalls.hasUnread(left.number()));
        SocketCalls.sendWithFds(left.number(), new byte[10], right.number());
        assertTrue(PeerCalls.hasUnread(left.number()));
        assertFalse(PeerCalls.hasUnread(right.number()));
        SocketCalls.receiveWithFds(right.number(), 100, 1).close();
        assertFalse(PeerCalls.hasUnread(left.number()));
    }

    @Test
    void the_groups_of_the_peer_are_its_supplementary_groups() {
        String groups = StatusFile.read(ProcessCalls.getpid()).field("Groups").trim();
        TreeSet<Integer> expected = new TreeSet<>();
        for (String group : groups.isEmpty() ? new String[0] : groups.split("\\s+")) {
            expected.add(Integer.valueOf(group));
        }
        assertEquals(expected, PeerCalls.groups(left.number()));
    }

    @Test
    void the_pidfd_of_the_peer_is_of_the_process_that_made_the_pair() {
        Optional<OwnedFd> pidFd = PeerCalls.pidFd(left.number());
        assumeTrue(pidFd.isPresent(), "SO_PEERPIDFD wants Linux 6.5");
        try (OwnedFd found = pidFd.get()) {
            ProcessCalls.pidfdSendSignal(found.number(), 0);
            assertTrue(FileCalls.readAll("/proc/self/fdinfo/" + found.number()).length > 0);
            assertTrue(KernelString.decode(FileCalls.readAll("/proc/self/fdinfo/" + found.number())).contains("Pid:\t" + ProcessCalls.getpid()));
            assertTrue(FdCalls.isCloseOnExec(found.number()));
        }
    }
}
