package dev.thaw.fdbroker.broker;

import dev.thaw.linux.KernelString;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/** Puts a packet together, field by field; numbers have their highest byte first. */
final class PacketWriter {
    private final ByteArrayOutputStream packet = new ByteArrayOutputStream(64);

    PacketWriter u8(int value) {
        packet.write(value);
        return this;
    }

    PacketWriter u16(int value) {
        return u8(value >> 8).u8(value);
    }

    PacketWriter i32(int value) {
        return u16(value >> 16).u16(value);
    }

    PacketWriter i64(long value) {
        return i32((int) (value >> 32)).i32((int) value);
    }

    PacketWriter instant(Instant instant) {
        return i64(instant.toEpochMilli());
    }

    PacketWriter optionalInstant(Optional<Instant> instant) {
        return i64(instant.map(Instant::toEpochMilli).orElse(0L));
    }

    PacketWriter name(FdName name) {
        return shortText(name.text());
    }

    /** Cut off when it does not fit its length's one byte. */
    PacketWriter shortText(String text) {
        byte[] bytes = bytes(text, 0xff);
        return u8(bytes.length).raw(bytes);
    }

    /** Cut off when it does not fit its length's two bytes, or what a packet may have. */
    PacketWriter text(String text) {
        byte[] bytes = bytes(text, BrokerCodec.MAX_TEXT_BYTES);
        return u16(bytes.length).raw(bytes);
    }

    int size() {
        return packet.size();
    }

    byte[] toBytes() {
        return packet.toByteArray();
    }

    private PacketWriter raw(byte[] bytes) {
        packet.writeBytes(bytes);
        return this;
    }

    private static byte[] bytes(String text, int max) {
        byte[] bytes = KernelString.encode(text);
        return bytes.length <= max ? bytes : Arrays.copyOf(bytes, max);
    }
}
