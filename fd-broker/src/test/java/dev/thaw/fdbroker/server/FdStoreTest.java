package dev.thaw.fdbroker.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.thaw.fdbroker.broker.FdName;
import dev.thaw.fdbroker.broker.Holding;
import dev.thaw.fdbroker.broker.Refusal.Reason;
import dev.thaw.linux.OwnedFd;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class FdStoreTest {
    private static final int OWN = 1000;
    private static final int OTHER = 2000;
    private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000);

    private final FdStore store = new FdStore(OWN, 4, 2);

    /** Never opened nor closed: the store does neither. */
    private static HeldFd held(String name, int uid, Optional<Instant> expiry) {
        return new HeldFd(1, new Holding(new FdName(name), "pipe", "", 0, uid, uid, 1, NOW, expiry), OwnedFd.of(1_000_000));
    }

    private void add(String name, int uid) {
        store.add(held(name, uid, Optional.empty()));
    }

    private Optional<Reason> whyNot(int uid, String... names) {
        return store.whyNot(uid, Stream.of(names).map(FdName::new).toList(), 0, 0).map(refusal -> refusal.reason());
    }

    @Test
    void a_name_is_there_once() {
        add("a", OWN);
        assertEquals(Optional.of(Reason.NAME_TAKEN), whyNot(OWN, "a"));
        assertEquals(Optional.of(Reason.NAME_TAKEN), whyNot(OWN, "b", "b"));
        assertThrows(IllegalStateException.class, () -> add("a", OWN));
        store.remove(new FdName("a"));
        assertEquals(Optional.empty(), whyNot(OWN, "a"));
    }

    @Test
    void the_limit_for_all_binds_the_own_user_too() {
        assertEquals(Optional.empty(), whyNot(OWN, "a", "b", "c", "d"));
        assertEquals(Optional.of(Reason.FULL), whyNot(OWN, "a", "b", "c", "d", "e"));
        add("a", OWN);
        add("b", OTHER);
        assertEquals(Optional.of(Reason.FULL), whyNot(OWN, "c", "d", "e"));
    }

    @Test
    void the_limit_for_one_user_binds_the_others_only() {
        add("a", OTHER);
        assertEquals(Optional.empty(), whyNot(OTHER, "b"));
        assertEquals(Optional.of(Reason.QUOTA), whyNot(OTHER, "b", "c"));
        assertEquals(Optional.empty(), whyNot(OWN, "b", "c", "d"));
        assertEquals(Optional.empty(), whyNot(3000, "b", "c"));
        store.remove(new FdName("a"));
        assertEquals(0, store.sizeOf(OTHER));
        assertEquals(Optional.empty(), whyNot(OTHER, "b", "c"));
    }

    @Test
    void what_is_being_closed_still_counts() {
        assertEquals(Reason.FULL, store.whyNot(OWN, List.of(new FdName("a")), 4, 0).orElseThrow().reason());
        assertEquals(Reason.QUOTA, store.whyNot(OTHER, List.of(new FdName("a")), 2, 2).orElseThrow().reason());
    }

    @Test
    void a_refusal_has_the_numbers_and_the_way_out() {
        add("a", OTHER);
        add("b", OTHER);
        var refusal = store.whyNot(OTHER, List.of(new FdName("c")), 0, 0).orElseThrow();
        assertEquals("user 2000 keeps 2 descriptors, 1 more would be above one user's limit of 2", refusal.why());
        assertEquals("delete some; or a broker with a higher --max-per-user", refusal.remedy());
    }

    @Test
    void expired_ones_are_given_back_at_their_time() {
        store.add(held("soon", OWN, Optional.of(NOW.plusMillis(5))));
        store.add(held("soon too", OWN, Optional.of(NOW.plusMillis(5))));
        store.add(held("later", OWN, Optional.of(NOW.plusMillis(9))));
        add("never", OWN);
        assertEquals(Optional.of(NOW.plusMillis(5)), store.nextExpiry());
        assertEquals(List.of(), store.removeExpired(NOW.plusMillis(4)));
        assertEquals(2, store.removeExpired(NOW.plusMillis(5)).size());
        store.remove(new FdName("later"));
        assertEquals(Optional.empty(), store.nextExpiry());
        assertEquals(1, store.size());
    }

    @Test
    void names_come_in_their_order_from_any_on() {
        List.of("b", "a", "d").forEach(name -> add(name, OWN));
        assertEquals(List.of("a", "b", "d"), store.all().stream().map(held -> held.name().text()).toList());
        assertEquals(List.of("d"), store.after(Optional.of(new FdName("b"))).stream().map(held -> held.name().text()).toList());
        assertEquals(List.of("d"), store.after(Optional.of(new FdName("c"))).stream().map(held -> held.name().text()).toList());
    }
}
