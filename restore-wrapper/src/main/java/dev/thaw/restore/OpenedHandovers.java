package dev.thaw.restore;

import dev.thaw.linux.OwnedFd;
import dev.thaw.plan.Handover;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The descriptors of a plan, open. Owns them: they are closed with it, and live until the proof has compared them. */
final class OpenedHandovers implements AutoCloseable {
    private final Map<Handover, OwnedFd> opened = new LinkedHashMap<>();

    /** Takes the descriptor. */
    void put(Handover handover, OwnedFd fd) {
        opened.put(handover, fd);
    }

    /** The descriptor of a handover; stays owned here. */
    int number(Handover handover) {
        return opened.get(handover).number();
    }

    /** Number in criu → our number. */
    SortedMap<Integer, Integer> forCriu() {
        SortedMap<Integer, Integer> numbers = new TreeMap<>();
        opened.forEach((handover, fd) -> numbers.put(handover.number(), fd.number()));
        return numbers;
    }

    @Override
    public void close() {
        opened.values().forEach(OwnedFd::close);
        opened.clear();
    }
}
