package dev.thaw.image;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.MessageLite;
import dev.thaw.image.proto.PagemapEntry;
import dev.thaw.image.proto.PagemapHead;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class PagesCheckTest {
    private static final int PARENT = 1;
    private static final int LAZY = 2;
    private static final int PRESENT = 4;

    private final Map<String, byte[]> files = new LinkedHashMap<>(GoldenImages.files("4.2.1"));

    private static PagemapEntry pages(long count, int flags) {
        return PagemapEntry.newBuilder().setVaddr(0x400000).setCompatNrPages((int) count).setNrPages(count).setFlags(flags).build();
    }

    private void pagemap(String name, int pagesId, PagemapEntry... entries) {
        List<MessageLite> all = new java.util.ArrayList<>(List.of(PagemapHead.newBuilder().setPagesId(pagesId).build()));
        all.addAll(List.of(entries));
        files.put(name, ImageEncoding.image(ImageMagic.PAGEMAP, all));
    }

    private void check() {
        ImagesDirectory.decode(new MemoryFiles("images", files));
    }

    @Test
    void every_page_that_is_counted_has_to_be_there() {
        pagemap("pagemap-100.img", 1, pages(2, PRESENT), pages(3, PRESENT | LAZY));
        files.put("pages-1.img", new byte[5 * 4096]);
        assertDoesNotThrow(this::check);
        files.put("pages-1.img", new byte[5 * 4096 - 1]);
        ImageException e = assertThrows(ImageException.class, this::check);
        assertEquals("pages-1.img: truncated at byte 20479: the page maps count 5 pages in it, 20480 bytes", e.getMessage());
        files.remove("pages-1.img");
        assertEquals(ImageException.Kind.MISSING, assertThrows(ImageException.class, this::check).kind());
    }

    @Test
    void pages_of_the_parent_images_and_pages_that_come_later_are_not_here() {
        pagemap("pagemap-100.img", 1, pages(7, PARENT), pages(7, LAZY), pages(1, PRESENT));
        files.put("pages-1.img", new byte[4096]);
        assertDoesNotThrow(this::check);
    }

    @Test
    void memory_that_nobody_has_written_to_needs_no_file() {
        pagemap("pagemap-100.img", 1);
        pagemap("pagemap-102.img", 2, pages(7, PARENT));
        assertDoesNotThrow(this::check);
    }

    @Test
    void shared_memory_has_page_maps_too() {
        pagemap("pagemap-shmem-77.img", 3, pages(2, PRESENT));
        files.put("pages-3.img", new byte[4096]);
        assertEquals("pages-3.img", assertThrows(ImageException.class, this::check).file());
    }

    @Test
    void older_criu_knew_no_flags() {
        PagemapEntry.Builder old = PagemapEntry.newBuilder().setVaddr(0x1000).setCompatNrPages(2);
        pagemap("pagemap-100.img", 1, old.build(), old.clone().setInParent(true).build());
        files.put("pages-1.img", new byte[8192]);
        assertDoesNotThrow(this::check);
        files.put("pages-1.img", new byte[8191]);
        assertEquals(8191, assertThrows(ImageException.class, this::check).offset());
    }

    @Test
    void pages_that_a_newer_criu_may_have_packed_are_not_measured() {
        pagemap("pagemap-100.img", 1, pages(5, PRESENT));
        files.put("pages-1.img", new byte[100]);
        assertThrows(ImageException.class, this::check);
        byte[] inventory = files.get("inventory.img");
        byte[] newer = Arrays.copyOf(inventory, inventory.length + 2);
        newer[4] += 2; // the size of the one entry, less than 254
        newer[inventory.length] = 15 << 3; // field 15, a number
        newer[inventory.length + 1] = 1;
        files.put("inventory.img", newer);
        assertDoesNotThrow(this::check);
    }

    @Test
    void a_count_that_no_machine_has_is_corrupt() {
        pagemap("pagemap-100.img", 1, pages(1L << 62, PRESENT));
        assertEquals(ImageException.Kind.CORRUPT, assertThrows(ImageException.class, this::check).kind());
    }
}
