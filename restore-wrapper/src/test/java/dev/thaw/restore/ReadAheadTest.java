package dev.thaw.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.thaw.compile.Stripes;
import dev.thaw.it.PageCache;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(ReplaceUnderscores.class)
class ReadAheadTest {
    private static final long GIB = 1L << 30;

    @Test
    void it_reads_what_leaves_room() {
        assertTrue(ReadAhead.fits(2 * GIB, "MemFree:  1 kB\nMemAvailable:    8388608 kB\n"));
        assertFalse(ReadAhead.fits(2 * GIB, "MemFree:  8388608 kB\nMemAvailable:    3145728 kB\n"), "the page cache would lose it again");
        assertFalse(ReadAhead.fits(1, "MemFree:  8388608 kB\n"));
    }

    @Test
    void what_was_read_is_in_the_page_cache_and_what_is_there_is_not_read(@TempDir Path directory) throws IOException, InterruptedException {
        String large = PageCache.write(directory + "/pages-1.img", Stripes.BYTES + (3 << 20));
        String small = PageCache.write(directory + "/pages-2.img", 15 << 20);
        String last = PageCache.write(directory + "/pages-3.img", 15 << 20);
        assertEquals("the memory of the image is not read ahead", readAhead(directory), "it is in memory");
        for (String pages : List.of(large, small, last)) {
            PageCache.evict(pages);
            assumeTrue(PageCache.residentShare(pages) < 0.5, "this file system keeps all in memory");
        }
        assertEquals("the memory of the image is read ahead", readAhead(directory));
        for (String pages : List.of(large, small, last)) {
            assertEquals(1, PageCache.residentShare(pages), pages);
        }
    }

    /** What it says in the end. */
    private static String readAhead(Path directory) {
        try (ReadAhead ahead = new ReadAhead()) {
            ahead.readWherePays(directory.toString());
            return ahead.text();
        }
    }
}
