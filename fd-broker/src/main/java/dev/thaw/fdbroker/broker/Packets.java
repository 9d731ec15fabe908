package dev.thaw.fdbroker.broker;

import dev.thaw.linux.KernelString;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Divides what does not fit one packet. */
final class Packets {
    /** Of one item beside its name: the name's length, and an expiry. */
    private static final int ITEM_BYTES = 9;

    private static final int HEADER_BYTES = 3;

    private Packets() {}

    static <T> List<List<T>> of(List<T> items, Function<T, FdName> name) {
        List<List<T>> packets = new ArrayList<>();
        List<T> packet = new ArrayList<>();
        int bytes = HEADER_BYTES;
        for (T item : items) {
            int itemBytes = ITEM_BYTES + KernelString.encode(name.apply(item).text()).length;
            if (packet.size() == BrokerCodec.MAX_DESCRIPTORS || bytes + itemBytes > BrokerCodec.MAX_PACKET_BYTES) {
                packets.add(packet);
                packet = new ArrayList<>();
                bytes = HEADER_BYTES;
            }
            packet.add(item);
            bytes += itemBytes;
        }
        if (!packet.isEmpty()) {
            packets.add(packet);
        }
        return packets;
    }
}
