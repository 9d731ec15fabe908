package dev.thaw.fdbroker.broker;

import dev.thaw.fdbroker.broker.BrokerReply.Item;
import dev.thaw.fdbroker.broker.BrokerRequest.Deposit;
import dev.thaw.linux.SocketCalls;
import java.util.ArrayList;
import java.util.List;

/** Requests and replies as packets, and back: docs/broker-protocol.md in code. No I/O. */
public final class BrokerCodec {
    public static final int VERSION = 1;

    /** No packet is longer. */
    public static final int MAX_PACKET_BYTES = 32 * 1024;

    /** No packet has more, as the kernel does not pass more at once. */
    public static final int MAX_DESCRIPTORS = SocketCalls.MAX_FDS_PER_MESSAGE;

    /** Paths (PATH_MAX) and texts for people are not longer. */
    static final int MAX_TEXT_BYTES = 4096;

    private static final int STORE = 1;
    private static final int RETRIEVE = 2;
    private static final int DELETE = 3;
    private static final int LIST = 4;
    private static final int OPEN = 5;
    private static final int TAKE_OVER = 6;
    private static final int TAKEN_OVER = 7;

    private static final int DONE = 0;
    private static final int REFUSED = 1;
    private static final int SENT = 2;
    private static final int LISTING = 3;
    private static final int HAND_OVER = 4;

    private static final int LOCK = 0;
    private static final int LISTENER = 1;
    private static final int CONNECTION = 2;
    private static final int HELD = 3;

    private BrokerCodec() {}

    /** @throws IllegalArgumentException when it does not fit a packet */
    public static byte[] encode(BrokerRequest request) {
        PacketWriter packet = new PacketWriter().u8(VERSION);
        if (request instanceof BrokerRequest.Store store) {
            packet.u8(STORE).u8(count(store.deposits()));
            store.deposits().forEach(deposit -> write(packet, deposit));
        } else if (request instanceof BrokerRequest.Retrieve retrieve) {
            packet.u8(RETRIEVE).u8(count(retrieve.names()));
            retrieve.names().forEach(packet::name);
        } else if (request instanceof BrokerRequest.Delete delete) {
            packet.u8(DELETE).u8(count(delete.names()));
            delete.names().forEach(packet::name);
        } else if (request instanceof BrokerRequest.ListAfter list) {
            packet.u8(LIST).shortText(list.name().map(FdName::text).orElse(""));
        } else if (request instanceof BrokerRequest.Open open) {
            write(packet.u8(OPEN), open.deposit());
            packet.u8(open.access().number()).text(open.path());
        } else if (request instanceof BrokerRequest.TakeOver takeOver) {
            packet.u8(TAKE_OVER).i32(takeOver.from());
        } else if (request instanceof BrokerRequest.TakenOver takenOver) {
            packet.u8(TAKEN_OVER).i32(takenOver.count());
        }
        return fitting(packet);
    }

    /** @throws MalformedPacket when it is no request */
    public static BrokerRequest decodeRequest(byte[] bytes) {
        PacketReader packet = new PacketReader(bytes);
        version(packet);
        int verb = packet.u8("the verb");
        BrokerRequest request = request(packet, verb);
        packet.end();
        return request;
    }

    /** @throws IllegalArgumentException when it does not fit a packet */
    public static byte[] encode(BrokerReply reply) {
        PacketWriter packet = new PacketWriter().u8(VERSION);
        if (reply instanceof BrokerReply.Done) {
            packet.u8(DONE);
        } else if (reply instanceof BrokerReply.Refused refused) {
            Refusal refusal = refused.refusal();
            packet.u8(REFUSED).u8(refusal.reason().number()).text(refusal.why()).text(refusal.remedy());
        } else if (reply instanceof BrokerReply.Sent sent) {
            packet.u8(SENT).u8(sent.descriptors());
        } else if (reply instanceof BrokerReply.Listing listing) {
            packet.u8(LISTING).u8(listing.more() ? 1 : 0).u16(listing.holdings().size());
            listing.holdings().forEach(holding -> write(packet, holding));
        } else if (reply instanceof BrokerReply.HandOver handOver) {
            packet.u8(HAND_OVER).i32(handOver.total()).u8(count(handOver.items()));
            handOver.items().forEach(item -> write(packet, item));
        }
        return fitting(packet);
    }

    /** @throws MalformedPacket when it is no reply */
    public static BrokerReply decodeReply(byte[] bytes) {
        PacketReader packet = new PacketReader(bytes);
        version(packet);
        int status = packet.u8("the status");
        BrokerReply reply = reply(packet, status);
        packet.end();
        return reply;
    }

    /** Bytes that this takes in a listing or a hand-over, at most. */
    public static int bytesOf(Holding holding) {
        PacketWriter packet = new PacketWriter();
        write(packet, new Item.Held(0, holding));
        return packet.size();
    }

    private static BrokerRequest request(PacketReader packet, int verb) {
        switch (verb) {
            case STORE:
                return new BrokerRequest.Store(several(packet, () -> deposit(packet)));
            case RETRIEVE:
                return new BrokerRequest.Retrieve(several(packet, packet::name));
            case DELETE:
                return new BrokerRequest.Delete(several(packet, packet::name));
            case LIST:
                return new BrokerRequest.ListAfter(packet.optionalName());
            case OPEN:
                return open(packet);
            case TAKE_OVER:
                return new BrokerRequest.TakeOver(packet.count("the first item"));
            case TAKEN_OVER:
                return new BrokerRequest.TakenOver(packet.count("the number of items"));
            default:
                throw new MalformedPacket("there is no verb " + verb);
        }
    }

    private static BrokerReply reply(PacketReader packet, int status) {
        switch (status) {
            case DONE:
                return new BrokerReply.Done();
            case REFUSED:
                Refusal.Reason reason = Refusal.Reason.of(packet.u8("the reason"));
                String why = packet.text("why");
                return new BrokerReply.Refused(new Refusal(reason, why, packet.text("the remedy")));
            case SENT:
                return new BrokerReply.Sent(packet.u8("the number of descriptors"));
            case LISTING:
                boolean more = packet.u8("whether there is more") != 0;
                return new BrokerReply.Listing(times(packet.u16("the number of entries"), () -> holding(packet)), more);
            case HAND_OVER:
                int total = packet.count("the number of items");
                return new BrokerReply.HandOver(several(packet, () -> item(packet)), total);
            default:
                throw new MalformedPacket("there is no status " + status);
        }
    }

    private static void version(PacketReader packet) {
        int version = packet.u8("the version");
        if (version != VERSION) {
            throw new MalformedPacket(Refusal.Reason.VERSION, "the packet is of version " + version + ", spoken is version " + VERSION);
        }
    }

    private static void write(PacketWriter packet, Deposit deposit) {
        packet.name(deposit.name()).i64(deposit.expiry().toMillis());
    }

    private static Deposit deposit(PacketReader packet) {
        FdName name = packet.name();
        return new Deposit(name, packet.duration("an expiry"));
    }

    private static void write(PacketWriter packet, Holding holding) {
        packet.name(holding.name()).shortText(holding.kind()).text(holding.key()).i32(holding.flags());
        packet.i32(holding.uid()).i32(holding.gid()).i32(holding.pid()).instant(holding.storedAt()).optionalInstant(holding.expiresAt());
    }

    private static Holding holding(PacketReader packet) {
        FdName name = packet.name();
        String kind = packet.shortText("a kind");
        String key = packet.text("a key");
        int flags = packet.i32("flags");
        int uid = packet.i32("a user");
        int gid = packet.i32("a group");
        int pid = packet.i32("a pid");
        return new Holding(name, kind, key, flags, uid, gid, pid, packet.instant("a time"), packet.optionalInstant("an expiry"));
    }

    private static void write(PacketWriter packet, Item item) {
        if (item instanceof Item.Lock) {
            packet.u8(LOCK);
        } else if (item instanceof Item.Listener) {
            packet.u8(LISTENER);
        } else if (item instanceof Item.Connection) {
            packet.u8(CONNECTION);
        } else if (item instanceof Item.Held held) {
            write(packet.u8(HELD).i64(held.id()), held.holding());
        }
    }

    private static Item item(PacketReader packet) {
        int type = packet.u8("the type of an item");
        switch (type) {
            case LOCK:
                return new Item.Lock();
            case LISTENER:
                return new Item.Listener();
            case CONNECTION:
                return new Item.Connection();
            case HELD:
                long id = packet.i64("the number of an item");
                return new Item.Held(id, holding(packet));
            default:
                throw new MalformedPacket("there is no item of type " + type);
        }
    }

    private static Access access(PacketReader packet) {
        int number = packet.u8("the access mode");
        for (Access access : Access.values()) {
            if (access.number() == number) {
                return access;
            }
        }
        throw new MalformedPacket("there is no access mode " + number);
    }

    private static BrokerRequest open(PacketReader packet) {
        Deposit deposit = deposit(packet);
        Access access = access(packet);
        return new BrokerRequest.Open(deposit, nonEmpty(packet.text("the path")), access);
    }

    private static String nonEmpty(String path) {
        if (path.isEmpty() || path.indexOf('\0') >= 0) {
            throw new MalformedPacket("the path is empty, or has a NUL in it");
        }
        return path;
    }

    private interface Field<T> {
        T read();
    }

    private static <T> List<T> several(PacketReader packet, Field<T> field) {
        int count = packet.u8("the number of items");
        if (count == 0 || count > MAX_DESCRIPTORS) {
            throw new MalformedPacket("a packet is about 1 to " + MAX_DESCRIPTORS + " items, not " + count);
        }
        return times(count, field);
    }

    private static <T> List<T> times(int count, Field<T> field) {
        List<T> values = new ArrayList<>(Math.min(count, MAX_DESCRIPTORS));
        for (int i = 0; i < count; i++) {
            values.add(field.read());
        }
        return values;
    }

    private static int count(List<?> items) {
        if (items.isEmpty() || items.size() > MAX_DESCRIPTORS) {
            throw new IllegalArgumentException("a packet is about 1 to " + MAX_DESCRIPTORS + " items, not " + items.size());
        }
        return items.size();
    }

    private static byte[] fitting(PacketWriter packet) {
        if (packet.size() > MAX_PACKET_BYTES) {
            throw new IllegalArgumentException("a packet has at most " + MAX_PACKET_BYTES + " bytes, not " + packet.size());
        }
        return packet.toBytes();
    }
}
