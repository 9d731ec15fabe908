package dev.thaw.fdbroker.server;

import dev.thaw.fdbroker.broker.FdName;
import dev.thaw.fdbroker.broker.Refusal;
import dev.thaw.fdbroker.broker.Refusal.Reason;
import dev.thaw.linux.KernelString;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The descriptors that are kept, by name, and how many may be. Neither opens nor closes one: what it gives back is the caller's to close. */
public final class FdStore {
    private final int ownUser;
    private final int max;
    private final int maxPerUser;
    private final TreeMap<FdName, HeldFd> held = new TreeMap<>();
    private final TreeMap<Instant, Set<FdName>> expiring = new TreeMap<>();
    private final Map<Integer, Integer> byUser = new HashMap<>();

    /**
     * @param ownUser the broker's own, whom only the limit for all binds
     * @param max descriptors that may be kept
     * @param maxPerUser of these, by one other user
     */
    public FdStore(int ownUser, int max, int maxPerUser) {
        this.ownUser = ownUser;
        this.max = max;
        this.maxPerUser = maxPerUser;
    }

    /**
     * Whether a user may add these.
     *
     * @param leaving descriptors that have been given up and are not closed yet
     * @param leavingOfUser of these, the user's
     */
    public Optional<Refusal> whyNot(int uid, Collection<FdName> names, int leaving, int leavingOfUser) {
        Set<FdName> seen = new HashSet<>();
        for (FdName name : names) {
            if (held.containsKey(name) || !seen.add(name)) {
                return Optional.of(new Refusal(
                        Reason.NAME_TAKEN,
                        "there is a descriptor named '" + KernelString.printable(name.text()) + "' already",
                        "another name; or first: thaw broker delete " + KernelString.printable(name.text())));
            }
        }
        if (held.size() + leaving + names.size() > max) {
            return Optional.of(new Refusal(
                    Reason.FULL,
                    "%d descriptors are kept%s, %d more would be above the limit of %d".formatted(
                            held.size(), leaving > 0 ? " and " + leaving + " are being closed" : "", names.size(), max),
                    "delete some; or a broker with a higher --max-descriptors"));
        }
        int own = sizeOf(uid) + leavingOfUser;
        if (uid != ownUser && own + names.size() > maxPerUser) {
            return Optional.of(new Refusal(
                    Reason.QUOTA,
                    "user %d keeps %d descriptors, %d more would be above one user's limit of %d".formatted(uid, own, names.size(), maxPerUser),
                    "delete some; or a broker with a higher --max-per-user"));
        }
        return Optional.empty();
    }

    /** Keeps a descriptor, which is the store's from here on; its name has to be free. */
    public void add(HeldFd fd) {
        if (held.putIfAbsent(fd.name(), fd) != null) {
            throw new IllegalStateException("taken: " + fd.name());
        }
        byUser.merge(fd.holding().uid(), 1, Integer::sum);
        fd.holding().expiresAt().ifPresent(at -> expiring.computeIfAbsent(at, none -> new HashSet<>()).add(fd.name()));
    }

    public Optional<HeldFd> find(FdName name) {
        return Optional.ofNullable(held.get(name));
    }

    /** Gives a descriptor back to the caller. */
    public Optional<HeldFd> remove(FdName name) {
        HeldFd fd = held.remove(name);
        if (fd == null) {
            return Optional.empty();
        }
        byUser.computeIfPresent(fd.holding().uid(), (uid, count) -> count == 1 ? null : count - 1);
        fd.holding().expiresAt().ifPresent(at -> expiring.computeIfPresent(at, (when, names) -> {
            names.remove(fd.name());
            return names.isEmpty() ? null : names;
        }));
        return Optional.of(fd);
    }

    /** Gives those back to the caller whose time has come. */
    public List<HeldFd> removeExpired(Instant now) {
        List<HeldFd> expired = new ArrayList<>();
        while (!expiring.isEmpty() && !expiring.firstKey().isAfter(now)) {
            for (FdName name : Set.copyOf(expiring.firstEntry().getValue())) {
                remove(name).ifPresent(expired::add);
            }
        }
        return expired;
    }

    /** When {@link #removeExpired} has something to do next. */
    public Optional<Instant> nextExpiry() {
        return expiring.isEmpty() ? Optional.empty() : Optional.of(expiring.firstKey());
    }

    /** All, in the order of names. */
    public Collection<HeldFd> all() {
        return Collections.unmodifiableCollection(held.values());
    }

    /** Those after this name, in the order of names. */
    public Collection<HeldFd> after(Optional<FdName> name) {
        return name.isEmpty() ? all() : Collections.unmodifiableCollection(held.tailMap(name.get(), false).values());
    }

    public int size() {
        return held.size();
    }

    /** How many of them this user stored. */
    public int sizeOf(int uid) {
        return byUser.getOrDefault(uid, 0);
    }
}
