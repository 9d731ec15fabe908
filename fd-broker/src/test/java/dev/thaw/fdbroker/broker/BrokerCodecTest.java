package dev.thaw.fdbroker.broker;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.fdbroker.broker.BrokerReply.Item;
import dev.thaw.fdbroker.broker.BrokerRequest.Deposit;
import dev.thaw.linux.OpenFlags;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class BrokerCodecTest {
    private static final FdName SHOP = new FdName("listener:shop");
    private static final Holding HOLDING = new Holding(SHOP, "socket", "socket:[4711]", OpenFlags.O_RDWR, 1000, -2, 42,
            Instant.ofEpochMilli(1_700_000_000_123L), Optional.of(Instant.ofEpochMilli(1_700_000_060_123L)));

    private static Stream<BrokerRequest> requests() {
        return Stream.of(
                new BrokerRequest.Store(List.of(new Deposit(SHOP, Duration.ZERO), new Deposit(new FdName("pipe:\u00e4"), Duration.ofSeconds(5)))),
                new BrokerRequest.Store(Collections.nCopies(253, new Deposit(SHOP, Duration.ofMillis(1)))),
                new BrokerRequest.Retrieve(List.of(SHOP)),
                new BrokerRequest.Delete(List.of(SHOP, new FdName("x".repeat(255)))),
                new BrokerRequest.ListAfter(Optional.empty()),
                new BrokerRequest.ListAfter(Optional.of(SHOP)),
                new BrokerRequest.Open(new Deposit(SHOP, Duration.ZERO), "/var/log/x", Access.APPEND),
                new BrokerRequest.TakeOver(7),
                new BrokerRequest.TakenOver(500));
    }

    private static Stream<BrokerReply> replies() {
        return Stream.of(
                new BrokerReply.Done(),
                new BrokerReply.Refused(new Refusal(Refusal.Reason.FULL, "why", "remedy")),
                new BrokerReply.Sent(3),
                new BrokerReply.Listing(List.of(), false),
                new BrokerReply.Listing(List.of(HOLDING, HOLDING), true),
                new BrokerReply.HandOver(List.of(new Item.Lock(), new Item.Listener(), new Item.Connection(), new Item.Held(9, HOLDING)), 1000));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void a_request_comes_back_as_it_was(BrokerRequest request) {
        assertEquals(request, BrokerCodec.decodeRequest(BrokerCodec.encode(request)));
    }

    @ParameterizedTest
    @MethodSource("replies")
    void a_reply_comes_back_as_it_was(BrokerReply reply) {
        assertEquals(reply, BrokerCodec.decodeReply(BrokerCodec.encode(reply)));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void half_a_request_is_none(BrokerRequest request) {
        byte[] whole = BrokerCodec.encode(request);
        for (int length = 0; length < whole.length; length++) {
            byte[] half = Arrays.copyOf(whole, length);
            assertThrows(MalformedPacket.class, () -> BrokerCodec.decodeRequest(half));
        }
        byte[] longer = Arrays.copyOf(whole, whole.length + 1);
        String said = assertThrows(MalformedPacket.class, () -> BrokerCodec.decodeRequest(longer)).getMessage();
        assertEquals("the packet goes on for 1 bytes after its last field", said);
    }

    @ParameterizedTest
    @MethodSource("replies")
    void half_a_reply_is_none(BrokerReply reply) {
        byte[] whole = BrokerCodec.encode(reply);
        for (int length = 0; length < whole.length; length++) {
            byte[] half = Arrays.copyOf(whole, length);
            assertThrows(MalformedPacket.class, () -> BrokerCodec.decodeReply(half));
        }
    }

    /** docs/broker-protocol.md has the same bytes. */
    @Test
    void the_bytes_are_those_of_the_document() {
        assertArrayEquals(HexFormat.of().parseHex("0101010161" + "0000000000001388"),
                BrokerCodec.encode(new BrokerRequest.Store(List.of(new Deposit(new FdName("a"), Duration.ofSeconds(5))))));
        assertArrayEquals(HexFormat.of().parseHex("0102020161" + "026262"),
                BrokerCodec.encode(new BrokerRequest.Retrieve(List.of(new FdName("a"), new FdName("bb")))));
        assertArrayEquals(HexFormat.of().parseHex("01030101" + "61"), BrokerCodec.encode(new BrokerRequest.Delete(List.of(new FdName("a")))));
        assertArrayEquals(HexFormat.of().parseHex("010400"), BrokerCodec.encode(new BrokerRequest.ListAfter(Optional.empty())));
        assertArrayEquals(HexFormat.of().parseHex("01050161" + "0000000000000000" + "03" + "00022f78"),
                BrokerCodec.encode(new BrokerRequest.Open(new Deposit(new FdName("a"), Duration.ZERO), "/x", Access.APPEND)));
        assertArrayEquals(HexFormat.of().parseHex("0100"), BrokerCodec.encode(new BrokerReply.Done()));
        assertArrayEquals(HexFormat.of().parseHex("0101" + "05" + "000177" + "000172"),
                BrokerCodec.encode(new BrokerReply.Refused(new Refusal(Refusal.Reason.NO_SUCH_NAME, "w", "r"))));
        assertArrayEquals(HexFormat.of().parseHex("010202"), BrokerCodec.encode(new BrokerReply.Sent(2)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "00", "01", "0163", "0209", "0101", "010100", "0101fe", "01020100", "0104ff", "01020161", "0102010100", "010201010a",
        "01050161000000000000000009000161", "0105016100000000000000000000" + "00", "01050161ffffffffffffffff00000161", "0106ffffffff"})
    void what_is_no_request_is_said_to_be_none(String hex) {
        MalformedPacket malformed = assertThrows(MalformedPacket.class, () -> BrokerCodec.decodeRequest(HexFormat.of().parseHex(hex)));
        assertTrue(malformed.refusal().remedy().contains("docs/broker-protocol.md"));
    }

    @Test
    void another_version_is_a_reason_of_its_own() {
        MalformedPacket malformed = assertThrows(MalformedPacket.class, () -> BrokerCodec.decodeRequest(new byte[] {2, 4, 0}));
        assertEquals(Refusal.Reason.VERSION, malformed.refusal().reason());
        assertEquals("the packet is of version 2, spoken is version 1", malformed.refusal().why());
    }

    @Test
    void a_reason_that_is_not_known_is_unknown_and_not_malformed() {
        byte[] packet = BrokerCodec.encode(new BrokerReply.Refused(new Refusal(Refusal.Reason.FULL, "w", "")));
        packet[2] = 99;
        assertEquals(new BrokerReply.Refused(new Refusal(Refusal.Reason.UNKNOWN, "w", "")), BrokerCodec.decodeReply(packet));
    }

    @Test
    void garbage_is_malformed_and_nothing_worse() {
        Random random = new Random(4711);
        for (int i = 0; i < 10_000; i++) {
            byte[] garbage = new byte[random.nextInt(64)];
            random.nextBytes(garbage);
            if (garbage.length > 1) {
                garbage[0] = 1;
                garbage[1] = (byte) random.nextInt(9);
            }
            try {
                BrokerCodec.decodeRequest(garbage);
            } catch (MalformedPacket expected) {
                assertTrue(expected.getMessage().length() > 5);
            }
            try {
                BrokerCodec.decodeReply(garbage);
            } catch (MalformedPacket expected) {
                assertTrue(expected.getMessage().length() > 5);
            }
        }
    }

    @Test
    void long_texts_are_cut_off_rather_than_not_sent() {
        Refusal refusal = new Refusal(Refusal.Reason.FOLDER, "x".repeat(100_000), "y".repeat(100_000));
        BrokerReply.Refused back = (BrokerReply.Refused) BrokerCodec.decodeReply(BrokerCodec.encode(new BrokerReply.Refused(refusal)));
        assertEquals(BrokerCodec.MAX_TEXT_BYTES, back.refusal().why().length());
    }

    @Test
    void what_does_not_fit_a_packet_is_divided() {
        List<FdName> names = java.util.stream.IntStream.range(0, 600).mapToObj(i -> new FdName("name-%03d".formatted(i) + "x".repeat(240))).toList();
        List<List<FdName>> packets = Packets.of(names, name -> name);
        assertEquals(names, packets.stream().flatMap(List::stream).toList());
        packets.forEach(packet -> assertTrue(BrokerCodec.encode(new BrokerRequest.Retrieve(packet)).length <= BrokerCodec.MAX_PACKET_BYTES));
        assertEquals(List.of(253, 253, 94), Packets.of(names.stream().map(name -> new FdName(name.text().substring(0, 8))).toList(), name -> name)
                .stream().map(List::size).toList());
    }
}
