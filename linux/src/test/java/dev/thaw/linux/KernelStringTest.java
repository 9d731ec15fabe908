package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class KernelStringTest {

    @Test
    void every_sequence_of_up_to_two_bytes_survives_the_round_trip() {
        roundTrip();
        for (int first = 0; first < 256; first++) {
            roundTrip(first);
            for (int second = 0; second < 256; second++) {
                roundTrip(first, second);
            }
        }
    }

    @Test
    void every_three_and_four_byte_sequence_at_the_borders_of_UTF_8_survives_the_round_trip() {
        int[] borders = {0x00, 0x2f, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
            0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xfc, 0xfe, 0xff};
        for (int a : borders) {
            for (int b : borders) {
                for (int c : borders) {
                    roundTrip(a, b, c);
                    for (int d : borders) {
                        roundTrip(a, b, c, d);
                    }
                }
            }
        }
    }

    @Test
    void random_bytes_survive_the_round_trip() {
        Random random = new Random(4711);
        for (int run = 0; run < 20_000; run++) {
            byte[] bytes = new byte[random.nextInt(40)];
            random.nextBytes(bytes);
            assertArrayEquals(bytes, KernelString.encode(KernelString.decode(bytes)));
        }
    }

    @Test
    void all_of_Unicode_is_decoded_and_encoded_as_UTF_8() {
        for (int point = 0; point <= Character.MAX_CODE_POINT; point++) {
            if (point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE) {
                String text = Character.toString(point);
                byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
                assertEquals(text, KernelString.decode(utf8));
                assertArrayEquals(utf8, KernelString.encode(text));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ff,           udcff",
        "c3,           udcc3",
        "c328,         udcc3(",
        "c080,         udcc0 udc80", // overlong
        "eda080,       udced udca0 udc80", // a surrogate
        "f4908080,     udcf4 udc90 udc80 udc80", // beyond Unicode
        "e282,         udce2 udc82", // cut off
        "61e282ac62,   a€b"})
    void bytes_that_are_not_UTF_8_become_one_char_each(String hex, String expected) {
        StringBuilder shown = new StringBuilder();
        for (char c : KernelString.decode(bytes(hex)).toCharArray()) {
            boolean escaped = c >= 0xdc80 && c <= 0xdcff;
            shown.append(escaped ? String.format("u%04x ", (int) c) : String.valueOf(c));
        }
        assertEquals(expected.replace(" ", ""), shown.toString().replace(" ", ""));
    }

    @Test
    void a_part_of_an_array_is_decoded_without_its_neighbours() {
        byte[] bytes = "xx€yy".getBytes(StandardCharsets.UTF_8);
        assertEquals("€", KernelString.decode(bytes, 2, 3));
        assertEquals("\udce2\udc82", KernelString.decode(bytes, 2, 2));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\ud800", "a\udbff", "\ud800x", "\udc00", "\udc7f", "\udd00"})
    void half_a_pair_that_stands_for_no_byte_is_refused(String text) {
        assertThrows(IllegalArgumentException.class, () -> KernelString.encode(text));
    }

    @Test
    void printable_text_stays_on_one_line_and_shows_what_cannot_be_seen() {
        assertEquals("a b/é€😀", KernelString.printable("a b/é€😀"));
        assertEquals("\\n\\t\\\\\\x1b[31m\\x7f", KernelString.printable("\n\t\\\u001b[31m\u007f"));
        assertEquals("x\\xff\\x80", KernelString.printable(KernelString.decode(bytes("78ff80"))));
        assertEquals("\\u{202e}\\u{2028}\\u{85}", KernelString.printable("\u202e\u2028\u0085"));
    }

    private static void roundTrip(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        assertArrayEquals(bytes, KernelString.encode(KernelString.decode(bytes)));
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }
}
