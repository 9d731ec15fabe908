package dev.thaw.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.thaw.compile.Stripes;
import dev.thaw.it.PageCache;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
        assertTrue(ReadAhead.fits(2 * GIB, List.of("MemFree:  1 kB", "MemAvailable:    8388608 kB")));
        assertFalse(ReadAhead.fits(2 * GIB, List.of("MemFree:  8388608 kB", "MemAvailable:    3145728 kB")), "the page cache would lose it again");
        assertFalse(ReadAhead.fits(1, List.of("MemFree:  8388608 kB")));
    }

    @Test
    void what_was_read_is_in_the_page_cache_and_what_is_there_is_not_read(@TempDir Path directory) throws IOException, InterruptedException {
        Path pages = directory.resolve("pages-1.img");
        Files.write(pages, new byte[Stripes.READERS * Stripes.BYTES + (3 << 20)]);
        try (FileChannel channel = FileChannel.open(pages, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        assertEquals(1, PageCache.residentShare(pages.toString()));
        assertEquals("the memory of the image is not read ahead", readAhead(pages), "it is in memory");
        PageCache.evict(pages.toString());
        assumeTrue(PageCache.residentShare(pages.toString()) < 0.5, "this file system keeps all in memory");
        assertEquals("the memory of the image is read ahead", readAhead(pages));
        assertEquals(1, PageCache.residentShare(pages.toString()));
    }

    /** What it says in the end. */
    private static String readAhead(Path file) throws IOException {
        try (ReadAhead reader = new ReadAhead()) {
            for (int i = 0; i < Stripes.READERS; i++) {
                reader.read(List.of(file), i);
            }
            return reader.text();
        }
    }
}
