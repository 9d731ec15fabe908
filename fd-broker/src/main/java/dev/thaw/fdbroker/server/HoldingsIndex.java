package dev.thaw.fdbroker.server;

import dev.thaw.fdbroker.broker.BrokerCodec;
import dev.thaw.fdbroker.broker.BrokerReply;
import dev.thaw.fdbroker.broker.BrokerReply.Item;
import dev.thaw.fdbroker.broker.Holding;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OwnedFd;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * What is kept, in a file in memory that outlives this process where somebody else has it open too. A record is added at its end with one
 * write: a process that is killed leaves at most half a record, at the end, and that one does not count.
 */
final class HoldingsIndex implements AutoCloseable {
    private static final byte ADDED = 1;
    private static final byte REMOVED = 2;
    /** Type, number, length of what follows; and behind that a checksum. */
    private static final int HEADER_BYTES = 1 + 8 + 4;
    private static final int CHECKSUM_BYTES = 8;
    private static final int MAX_BYTES = 1 << 28;

    private final OwnedFd file;
    private int records;

    private HoldingsIndex(OwnedFd file) {
        this.file = file;
    }

    /** A fresh one, with these in it. */
    static HoldingsIndex of(Iterable<HeldFd> held) {
        HoldingsIndex index = new HoldingsIndex(FdCalls.memfdCreate("thaw-broker-index", 0));
        held.forEach(index::added);
        return index;
    }

    int fd() {
        return file.number();
    }

    /** Records in it, those of what is gone included. */
    int records() {
        return records;
    }

    void added(HeldFd held) {
        append(ADDED, held.id(), BrokerCodec.encode(new BrokerReply.HandOver(List.of(new Item.Held(held.id(), held.holding())), 1)));
    }

    void removed(HeldFd held) {
        append(REMOVED, held.id(), new byte[0]);
    }

    /** What an index of a former process says is kept, by number. */
    static Map<Long, Holding> read(int fd) {
        ByteBuffer bytes = ByteBuffer.wrap(FileCalls.readAll("/proc/self/fd/" + fd, MAX_BYTES));
        Map<Long, Holding> kept = new LinkedHashMap<>();
        while (bytes.remaining() >= HEADER_BYTES) {
            int start = bytes.position();
            byte type = bytes.get();
            long id = bytes.getLong();
            int length = bytes.getInt();
            if (length < 0 || bytes.remaining() - CHECKSUM_BYTES < length) {
                break;
            }
            byte[] content = new byte[length];
            bytes.get(content);
            if (bytes.getLong() != checksum(bytes.array(), start, HEADER_BYTES + length)) {
                break;
            }
            if (type == ADDED) {
                kept.put(id, holding(content));
            } else {
                kept.remove(id);
            }
        }
        return kept;
    }

    @Override
    public void close() {
        file.close();
    }

    private static Holding holding(byte[] content) {
        if (BrokerCodec.decodeReply(content) instanceof BrokerReply.HandOver record && record.items().get(0) instanceof Item.Held held) {
            return held.holding();
        }
        throw new IllegalStateException("the index has a record of another kind");
    }

    private void append(byte type, long id, byte[] content) {
        ByteBuffer record = ByteBuffer.allocate(HEADER_BYTES + content.length + CHECKSUM_BYTES);
        record.put(type).putLong(id).putInt(content.length).put(content);
        record.putLong(checksum(record.array(), 0, HEADER_BYTES + content.length));
        FileCalls.writeFully(file.number(), record.array());
        records++;
    }

    private static long checksum(byte[] bytes, int from, int length) {
        CRC32 checksum = new CRC32();
        checksum.update(bytes, from, length);
        return checksum.getValue();
    }
}
