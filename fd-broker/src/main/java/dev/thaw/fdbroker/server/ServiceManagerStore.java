package dev.thaw.fdbroker.server;

import dev.thaw.fdbroker.broker.Holding;
import dev.thaw.linux.OwnedFd;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * The descriptor store of a service manager (man 3 sd_notify, FDSTORE): it has every descriptor that the broker keeps as well, and gives
 * them to the broker's next process, however this one ends. Its names are numbers; what they stand for is in a {@link HoldingsIndex} that it
 * keeps too.
 */
public final class ServiceManagerStore implements Keeper, AutoCloseable {
    private static final String HELD = "fd-";
    private static final String INDEX = "index-";
    /** An index is written anew when this many of its records are of the past. */
    private static final int WASTE = 10_000;

    private final Notifier manager;
    private Supplier<Collection<HeldFd>> all = List::of;
    private HoldingsIndex index;
    private long generation;

    private ServiceManagerStore(Notifier manager, long generation) {
        this.manager = manager;
        this.generation = generation;
    }

    /** Sends one message to the service manager, with these descriptors. */
    @FunctionalInterface
    public interface Notifier {
        void send(String message, int... fds);
    }

    /** Where a broker goes on, and its store. */
    public record Start(ServiceManagerStore store, Inheritance inherited) {
    }

    /**
     * Takes up what the manager has given this process.
     *
     * @param given by the manager's names; ours from here on
     */
    public static Start begin(Notifier manager, Map<String, OwnedFd> given) {
        Map<Long, OwnedFd> fds = new TreeMap<>();
        Map<Long, OwnedFd> indexes = new TreeMap<>(Comparator.reverseOrder());
        given.forEach((name, fd) -> (name.startsWith(INDEX) ? indexes : fds).put(number(name), fd));
        List<HeldFd> held = new ArrayList<>();
        long generation = 0;
        if (!indexes.isEmpty()) {
            generation = indexes.keySet().iterator().next();
            // The newest was complete before the manager got it.
            Map<Long, Holding> known = HoldingsIndex.read(indexes.get(generation).number());
            known.forEach((id, holding) -> {
                OwnedFd fd = fds.remove(id);
                if (fd != null) {
                    held.add(new HeldFd(id, holding, fd));
                }
            });
        }
        ServiceManagerStore store = new ServiceManagerStore(manager, generation);
        // Of a store that was not answered before the end.
        fds.forEach((id, fd) -> store.forget(HELD + id));
        store.renew(held);
        indexes.keySet().forEach(old -> store.forget(INDEX + old));
        fds.values().forEach(OwnedFd::close);
        indexes.values().forEach(OwnedFd::close);
        long nextId = Math.max(held.stream().mapToLong(HeldFd::id).max().orElse(0), fds.keySet().stream().mapToLong(id -> id).max().orElse(0)) + 1;
        return new Start(store, new Inheritance(held, List.of(), nextId));
    }

    /** Whether a descriptor of this name, given by the manager, is one of the store's. */
    public static boolean isOurs(String name) {
        return name.matches("(fd|index)-[0-9]{1,18}");
    }

    /** @param held what is kept at any time, for a new index */
    public void watch(Supplier<Collection<HeldFd>> held) {
        all = held;
    }

    @Override
    public void added(HeldFd held) {
        // FDPOLL: else it drops what nobody has the other end of.
        manager.send("FDSTORE=1\nFDPOLL=0\nFDNAME=" + HELD + held.id(), held.fd().number());
        index.added(held);
    }

    @Override
    public void removed(HeldFd held) {
        index.removed(held);
        forget(HELD + held.id());
        if (index.records() > WASTE && index.records() > 4 * all.get().size()) {
            renew(all.get());
            forget(INDEX + (generation - 1));
        }
    }

    @Override
    public boolean outlivesThisProcess() {
        return true;
    }

    @Override
    public void close() {
        index.close();
    }

    private void renew(Iterable<HeldFd> held) {
        HoldingsIndex fresh = HoldingsIndex.of(held);
        manager.send("FDSTORE=1\nFDPOLL=0\nFDNAME=" + INDEX + ++generation, fresh.fd());
        if (index != null) {
            index.close();
        }
        index = fresh;
    }

    private void forget(String name) {
        manager.send("FDSTOREREMOVE=1\nFDNAME=" + name);
    }

    private static long number(String name) {
        return Long.parseLong(name.substring(name.indexOf('-') + 1));
    }
}
