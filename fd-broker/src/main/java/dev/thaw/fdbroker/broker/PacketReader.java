package dev.thaw.fdbroker.broker;

import dev.thaw.linux.KernelString;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Takes a packet apart, field by field; every field that is not there, or cannot be, is a {@link MalformedPacket}. */
final class PacketReader {
    // About 300 million years; Instant and Duration take it in milliseconds.
    private static final long MAX_MILLIS = Long.MAX_VALUE / 1_000_000;

    private final ByteBuffer packet;

    PacketReader(byte[] packet) {
        this.packet = ByteBuffer.wrap(packet);
    }

    int u8(String field) {
        try {
            return packet.get() & 0xff;
        } catch (BufferUnderflowException e) {
            throw endsIn(field);
        }
    }

    int u16(String field) {
        try {
            return packet.getShort() & 0xffff;
        } catch (BufferUnderflowException e) {
            throw endsIn(field);
        }
    }

    int i32(String field) {
        try {
            return packet.getInt();
        } catch (BufferUnderflowException e) {
            throw endsIn(field);
        }
    }

    long i64(String field) {
        try {
            return packet.getLong();
        } catch (BufferUnderflowException e) {
            throw endsIn(field);
        }
    }

    int count(String field) {
        int count = i32(field);
        if (count < 0) {
            throw new MalformedPacket(field + " is " + Integer.toUnsignedString(count));
        }
        return count;
    }

    Duration duration(String field) {
        return Duration.ofMillis(millis(field));
    }

    Instant instant(String field) {
        return Instant.ofEpochMilli(millis(field));
    }

    /** 0 stands for none. */
    Optional<Instant> optionalInstant(String field) {
        long millis = millis(field);
        return millis == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }

    FdName name() {
        return name(u8("the length of a name"));
    }

    /** No bytes stand for none. */
    Optional<FdName> optionalName() {
        int length = u8("the length of a name");
        return length == 0 ? Optional.empty() : Optional.of(name(length));
    }

    /** With its length before it in one byte. */
    String shortText(String field) {
        return text(u8("the length of " + field), field);
    }

    /** With its length before it in two bytes. */
    String text(String field) {
        return text(u16("the length of " + field), field);
    }

    /** Nothing may come after the last field. */
    void end() {
        if (packet.hasRemaining()) {
            throw new MalformedPacket("the packet goes on for " + packet.remaining() + " bytes after its last field");
        }
    }

    private FdName name(int length) {
        String text = text(length, "a name");
        try {
            return new FdName(text);
        } catch (IllegalArgumentException e) {
            throw new MalformedPacket(Refusal.Reason.NAME, e.getMessage());
        }
    }

    private String text(int length, String field) {
        if (length > packet.remaining()) {
            throw endsIn(field);
        }
        String text = KernelString.decode(packet.array(), packet.position(), length);
        packet.position(packet.position() + length);
        return text;
    }

    private long millis(String field) {
        long millis = i64(field);
        if (millis < 0 || millis > MAX_MILLIS) {
            throw new MalformedPacket(field + " is " + Long.toUnsignedString(millis) + " ms");
        }
        return millis;
    }

    private MalformedPacket endsIn(String field) {
        return new MalformedPacket("the packet of " + packet.capacity() + " bytes ends in " + field);
    }
}
