package dev.thaw.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class TextTest {

    @Test
    void an_IPv4_address_is_one_word_as_it_lies_in_memory() {
        assertEquals("127.0.0.1", Text.address(List.of(0x0100007f)));
        assertEquals("255.254.0.128", Text.address(List.of(0x8000feff)));
        assertEquals("", Text.address(List.of()));
        assertEquals("", Text.address(List.of(1, 2)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"::", "::1", "1::", "2001:db8::1", "2001:db8:0:1:1:1:1:1", "0:1:2:3:4:5:6:0", "1:0:0:2::3", "fe80::1:0:0:2",
        "a:b:c:d:e:f:1:2"})
    void an_IPv6_address_is_shortened_at_its_longest_zeros(String address) throws UnknownHostException {
        assertEquals(address, Text.address(words(InetAddress.getByName(address).getAddress())));
    }

    @Test
    void any_IPv6_address_means_itself() throws UnknownHostException {
        Random random = new Random(42);
        for (int run = 0; run < 2000; run++) {
            byte[] address = new byte[16];
            for (int i = 0; i < 16; i++) {
                address[i] = random.nextInt(3) == 0 ? (byte) random.nextInt(256) : 0;
            }
            // An IPv4-mapped one would come back as IPv4.
            address[0] |= 0x20;
            String text = Text.address(words(address));
            assertEquals(InetAddress.getByAddress(address), InetAddress.getByName(text), text);
        }
    }

    @Test
    void a_build_id_reads_as_it_lies_in_memory() {
        assertEquals("b62962ee71bca495", Text.hex(List.of(0xee6229b6, 0x95a4bc71)));
        assertEquals("", Text.hex(List.of()));
    }

    private static List<Integer> words(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        List<Integer> words = new ArrayList<>();
        while (buffer.hasRemaining()) {
            words.add(buffer.getInt());
        }
        return words;
    }
}
