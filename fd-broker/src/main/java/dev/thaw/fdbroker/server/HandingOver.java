package dev.thaw.fdbroker.server;

import dev.thaw.fdbroker.broker.BrokerCodec;
import dev.thaw.fdbroker.broker.BrokerReply;
import dev.thaw.fdbroker.broker.BrokerReply.Item;
import dev.thaw.fdbroker.broker.Refusal.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** All that a broker has, on its way to a successor. It changes nothing as long as this lasts; when the successor gives up it just goes on. */
final class HandingOver {
    /** Of a packet beside its items, generously. */
    private static final int HEADER_BYTES = 16;

    private final Connection successor;
    private final List<Entry> entries = new ArrayList<>();
    private final Duration limit;
    private long until;

    /** One item, and the descriptor that goes with it. */
    private record Entry(Item item, int fd, int bytes) {
    }

    HandingOver(Connection successor, int lock, int listener, Collection<Connection> others, Collection<HeldFd> held, Duration limit) {
        this.successor = successor;
        this.limit = limit;
        entries.add(new Entry(new Item.Lock(), lock, 1));
        entries.add(new Entry(new Item.Listener(), listener, 1));
        others.forEach(other -> entries.add(new Entry(new Item.Connection(), other.fd(), 1)));
        held.forEach(one -> entries.add(new Entry(new Item.Held(one.id(), one.holding()), one.fd().number(), BrokerCodec.bytesOf(one.holding()))));
    }

    Connection successor() {
        return successor;
    }

    int size() {
        return entries.size();
    }

    /** When the successor has to have asked for more, by {@link System#nanoTime}. */
    long until() {
        return until;
    }

    boolean isLate(long now) {
        return now - until > 0;
    }

    /** As many items as fit one packet. */
    RequestHandler.Answer from(int index, long now) {
        if (index >= entries.size()) {
            throw new RefusedException(Reason.MALFORMED, "there are " + entries.size() + " items, and none from " + index + " on", "start at 0");
        }
        until = now + limit.toNanos();
        int end = index;
        int bytes = HEADER_BYTES;
        while (end < entries.size() && end - index < BrokerCodec.MAX_DESCRIPTORS && bytes + entries.get(end).bytes() <= BrokerCodec.MAX_PACKET_BYTES) {
            bytes += entries.get(end++).bytes();
        }
        List<Entry> packet = entries.subList(index, end);
        int[] fds = packet.stream().mapToInt(Entry::fd).toArray();
        return new RequestHandler.Answer(new BrokerReply.HandOver(packet.stream().map(Entry::item).toList(), entries.size()), fds);
    }
}
