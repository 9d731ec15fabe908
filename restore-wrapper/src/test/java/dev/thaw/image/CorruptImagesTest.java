package dev.thaw.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.image.ImageException.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is done to an image, reading it succeeds or ends in an {@link ImageException}; any other exception fails the test. */
@DisplayNameGeneration(ReplaceUnderscores.class)
class CorruptImagesTest {

    private static final String VERSION = "4.2.1";

    /** Files that thaw has no need to look into. */
    private static final Set<String> NOT_READ = Set.of("ghost-file-1.img", "timens-0.img", "core-101.img");

    private static final Set<String> WITH_RAW_BYTES = Set.of("pipes-data.img", "fifo-data.img", "sk-queues.img");

    private final Map<String, byte[]> golden = GoldenImages.files(VERSION);

    static Stream<String> files() {
        return GoldenImages.files(VERSION).keySet().stream().filter(name -> !NOT_READ.contains(name));
    }

    private static ImageSnapshot decode(Map<String, byte[]> files) {
        return ImagesDirectory.decode(new MemoryFiles("images", files));
    }

    private ImageSnapshot decodeWith(String name, byte[] content) {
        Map<String, byte[]> files = new LinkedHashMap<>(golden);
        files.put(name, content);
        return decode(files);
    }

    @ParameterizedTest
    @MethodSource("files")
    void a_file_cut_inside_an_entry_is_named(String name) {
        byte[] content = golden.get(name);
        Set<Integer> ends = endsOfEntries(name, content);
        int step = Math.max(1, content.length / 200);
        for (int length = 0; length < content.length; length += step) {
            byte[] cut = Arrays.copyOf(content, length);
            if (ends.contains(length)) {
                continue;
            }
            ImageException e = assertThrows(ImageException.class, () -> decodeWith(name, cut), name + " cut to " + length);
            assertEquals(name, e.file());
            assertTrue(e.offset() >= 0 && e.offset() <= length, e.getMessage());
            assertTrue(e.getMessage().startsWith(name + ": truncated at byte " + e.offset() + ": "), e.getMessage());
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void a_file_cut_behind_an_entry_is_read_or_its_gap_is_noticed(String name) {
        for (int length : endsOfEntries(name, golden.get(name))) {
            try {
                assertNotNull(decodeWith(name, Arrays.copyOf(golden.get(name), length)));
            } catch (ImageException e) {
                assertEquals(Kind.CORRUPT, e.kind());
            }
        }
    }

    private static Set<Integer> endsOfEntries(String name, byte[] content) {
        Set<Integer> ends = new HashSet<>();
        int position = name.equals("inventory.img") ? 4 : 8;
        while (position < content.length) {
            ends.add(position);
            int size = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getInt(position);
            // All files of this image that have raw bytes have one entry.
            position = WITH_RAW_BYTES.contains(name) ? content.length : position + 4 + size;
        }
        return ends;
    }

    @ParameterizedTest
    @ValueSource(strings = {"inventory.img", "pstree.img", "files.img", "core-100.img", "core-101.img", "core-103.img", "ids-102.img",
        "mm-104.img"})
    void a_missing_file_is_named(String name) {
        Map<String, byte[]> files = new LinkedHashMap<>(golden);
        files.remove(name);
        ImageException e = assertThrows(ImageException.class, () -> decode(files));
        assertEquals(Kind.MISSING, e.kind());
        assertEquals(name + ": not in images", e.getMessage());
        assertEquals(-1, e.offset());
    }

    @Test
    void files_that_criu_writes_only_when_there_is_something_may_be_missing() {
        Map<String, byte[]> files = new LinkedHashMap<>(golden);
        files.keySet().removeIf(name -> !name.matches("(inventory|pstree|files|core-.*|ids-.*|mm-.*|fdinfo-.*)\\.img"));
        assertEquals(4, decode(files).tasks().size());
    }

    @Test
    void bytes_flipped_anywhere_never_end_in_anything_but_an_image_exception() {
        Random random = new Random(20260101);
        List<String> names = List.copyOf(golden.keySet());
        Map<Boolean, Integer> outcomes = new TreeMap<>();
        for (int run = 0; run < 2000; run++) {
            Map<String, byte[]> files = new LinkedHashMap<>(golden);
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                String name = names.get(random.nextInt(names.size()));
                byte[] content = files.get(name).clone();
                content[random.nextInt(content.length)] ^= (byte) (1 << random.nextInt(8));
                files.put(name, content);
            }
            outcomes.merge(reads(files), 1, Integer::sum);
        }
        assertTrue(outcomes.get(true) > 100 && outcomes.get(false) > 100, outcomes + ": both must happen, or nothing was tested");
    }

    @Test
    void whole_runs_of_random_bytes_are_no_worse() {
        Random random = new Random(4711);
        List<String> names = files().toList();
        for (int run = 0; run < 1000; run++) {
            Map<String, byte[]> files = new LinkedHashMap<>(golden);
            String name = names.get(random.nextInt(names.size()));
            byte[] content = files.get(name).clone();
            int from = random.nextInt(content.length);
            byte[] noise = new byte[random.nextInt(content.length - from) + 1];
            random.nextBytes(noise);
            System.arraycopy(noise, 0, content, from, noise.length);
            files.put(name, content);
            reads(files);
        }
    }

    private static boolean reads(Map<String, byte[]> files) {
        try {
            decode(files);
            return true;
        } catch (ImageException e) {
            assertTrue(e.getMessage().startsWith(e.file() + ": "), e.getMessage());
            return false;
        }
    }
}
