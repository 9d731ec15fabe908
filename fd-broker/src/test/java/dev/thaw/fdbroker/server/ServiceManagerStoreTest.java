package dev.thaw.fdbroker.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.fdbroker.NoLeaks;
import dev.thaw.fdbroker.broker.FdName;
import dev.thaw.fdbroker.broker.Holding;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What goes to and fro between the broker and a manager that keeps what it is sent; BrokerServiceIT has a real one. */
@ExtendWith(NoLeaks.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
class ServiceManagerStoreTest {
    /** What man 3 sd_notify says of the descriptor store. */
    private final Map<String, OwnedFd> kept = new LinkedHashMap<>();

    private void notified(String message, int... fds) {
        String name = message.substring(message.indexOf("FDNAME=") + 7);
        if (message.startsWith("FDSTORE=1\nFDPOLL=0\n")) {
            kept.put(name, FdCalls.duplicate(fds[0], 3));
        } else {
            assertTrue(message.startsWith("FDSTOREREMOVE=1\n"), message);
            kept.remove(name).close();
        }
    }

    private ServiceManagerStore.Start start() {
        Map<String, OwnedFd> given = new LinkedHashMap<>();
        kept.forEach((name, fd) -> given.put(name, fd.duplicate()));
        return ServiceManagerStore.begin(this::notified, given);
    }

    private static HeldFd held(long id, String name) {
        Holding holding = new Holding(new FdName(name), "null", "dev/null", 0, 0, 0, 1, Instant.ofEpochMilli(5), Optional.empty());
        return new HeldFd(id, holding, FileCalls.open("/dev/null", OpenFlags.O_RDONLY));
    }

    private static void close(List<HeldFd> held) {
        held.forEach(one -> one.fd().close());
    }

    @Test
    void the_next_process_has_what_this_one_kept() {
        HeldFd a = held(1, "a");
        HeldFd b = held(2, "b");
        try (ServiceManagerStore store = start().store()) {
            store.added(a);
            store.added(b);
            store.removed(a);
        }
        ServiceManagerStore.Start next = start();
        assertEquals(List.of(b.holding()), next.inherited().held().stream().map(HeldFd::holding).toList());
        assertEquals(3, next.inherited().nextId());
        assertEquals(Set.of("fd-2", "index-2"), kept.keySet());
        next.store().close();
        close(List.of(a, b));
        close(next.inherited().held());
        kept.values().forEach(OwnedFd::close);
    }

    @Test
    void what_was_not_recorded_before_the_end_is_given_up() {
        HeldFd a = held(1, "a");
        start().store().close();
        notified("FDSTORE=1\nFDPOLL=0\nFDNAME=fd-1", a.fd().number());
        ServiceManagerStore.Start next = start();
        assertEquals(List.of(), next.inherited().held());
        assertEquals(Set.of("index-2"), kept.keySet());
        assertEquals(2, next.inherited().nextId());
        next.store().close();
        a.fd().close();
        kept.values().forEach(OwnedFd::close);
    }

    @Test
    void half_a_record_at_the_end_does_not_count() {
        HeldFd a = held(1, "a");
        HeldFd b = held(2, "b");
        try (HoldingsIndex index = HoldingsIndex.of(List.of(a, b))) {
            int whole = FileCalls.readAll("/proc/self/fd/" + index.fd()).length;
            assertEquals(Set.of(1L, 2L), HoldingsIndex.read(index.fd()).keySet());
            for (int length = whole - 1; length > whole / 2; length--) {
                FileCalls.ftruncate(index.fd(), length);
                assertEquals(Set.of(1L), HoldingsIndex.read(index.fd()).keySet());
            }
        }
        close(List.of(a, b));
    }
}
