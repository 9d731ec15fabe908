package dev.thaw.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.thaw.image.ImageFrames.Frame;
import dev.thaw.image.proto.PidnsEntry;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class ImageFramesTest {

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    @Test
    void header_and_sizes_are_little_endian() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageFrames.putHeader(out, ImageMagic.FILES);
        ImageFrames.putEntry(out, new byte[] {7, 8, 9});
        assertArrayEquals(bytes("19435654 38313056 03000000 070809"), out.toByteArray());

        out.reset();
        ImageFrames.putHeader(out, ImageMagic.INVENTORY);
        assertArrayEquals(bytes("16313158"), out.toByteArray(), "the inventory has one magic number");

        out.reset();
        ImageFrames.putHeader(out, ImageMagic.STATS);
        assertArrayEquals(bytes("40591055 06330957"), out.toByteArray(), "statistics are a service file");
    }

    @Test
    void entries_and_the_raw_bytes_behind_them_are_read_in_order() {
        byte[] file = bytes("19435654 09374556 02000000 0101 aabbcc 00000000 01000000 02");
        ImageFrames frames = new ImageFrames("x.img", file, ImageMagic.PIPES_DATA);
        assertEquals(new Frame(8, 12, 14), frames.next());
        assertArrayEquals(bytes("aabbcc"), frames.raw(3));
        assertEquals(new Frame(17, 21, 21), frames.next());
        assertEquals(new Frame(21, 25, 26), frames.next());
        assertFalse(frames.hasNext());

        ByteArrayOutputStream copy = new ByteArrayOutputStream();
        frames.copy(8, 14, copy);
        assertArrayEquals(Arrays.copyOfRange(file, 8, 14), copy.toByteArray());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        19435654 3831                       | f.img: truncated at byte 0: a header has 8 bytes, the file 6
        '                       '           | f.img: truncated at byte 0: a header has 8 bytes, the file 0
        18435654 38313056                   | f.img: corrupt at byte 0: 0x54564318 is not the magic number of an image, 0x54564319
        19435654 32372156                   | f.img: corrupt at byte 4: 0x56213732 is not the magic number of FILES, 0x56303138
        19435654 38313056 030000            | f.img: truncated at byte 8: the size of an entry has 4 bytes, 3 are left
        19435654 38313056 04000000 0a01     | f.img: truncated at byte 8: the entry says 4 bytes, 2 are left
        19435654 38313056 ffffffff 0a01     | f.img: truncated at byte 8: the entry says 4294967295 bytes, 2 are left
        19435654 38313056 04000000 0a7f6162 | f.img: corrupt at byte 12: not an entry:
        """)
    void what_is_wrong_is_told_with_its_byte(String hex, String message) {
        ImageException e = assertThrows(ImageException.class, () -> {
            ImageFrames frames = new ImageFrames("f.img", bytes(hex), ImageMagic.FILES);
            frames.only(PidnsEntry.parser());
        });
        assertEquals(message, e.getMessage().substring(0, Math.min(message.length(), e.getMessage().length())));
        assertEquals(ImageException.Kind.CORRUPT, e.kind());
        assertEquals("f.img", e.file());
    }

    @Test
    void raw_bytes_that_are_not_there_are_an_error() {
        ImageFrames frames = new ImageFrames("x.img", bytes("19435654 09374556 00000000 aa"), ImageMagic.PIPES_DATA);
        frames.next();
        assertEquals("x.img: truncated at byte 12: 4294967295 bytes should follow the entry, 1 are left",
            assertThrows(ImageException.class, () -> frames.raw(0xffffffffL)).getMessage());
        assertArrayEquals(bytes("aa"), frames.raw(1));
    }

    @Test
    void a_file_of_one_entry_without_it_is_truncated() {
        ImageFrames frames = new ImageFrames("x.img", bytes("19435654 26731561"), ImageMagic.PIDNS);
        assertEquals("x.img: truncated at byte 8: no entry",
            assertThrows(ImageException.class, () -> frames.only(PidnsEntry.parser())).getMessage());
    }
}
