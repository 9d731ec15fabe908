package dev.thaw.fdbroker.broker;

/** A packet is not what the protocol says; the text says where. */
public final class MalformedPacket extends RuntimeException {
    private final Refusal.Reason reason;

    MalformedPacket(Refusal.Reason reason, String why) {
        super(why);
        this.reason = reason;
    }

    MalformedPacket(String why) {
        this(Refusal.Reason.MALFORMED, why);
    }

    /** What a client is told that sent it. */
    public Refusal refusal() {
        return new Refusal(reason, getMessage(), "speak version " + BrokerCodec.VERSION + " of the protocol, docs/broker-protocol.md");
    }
}
