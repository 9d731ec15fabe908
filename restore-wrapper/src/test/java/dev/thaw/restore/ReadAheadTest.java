package dev.thaw.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.thaw.restore.ReadAhead.Situation;
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
    private static final int SAMPLES = 64;

    @Test
    void it_reads_what_leaves_room_and_only_where_a_processor_is_left_for_it() {
        assertTrue(new Situation(2 * GIB, 8 * GIB, 3, 2).fits());
        assertFalse(new Situation(2 * GIB, 3 * GIB, 1, 2).fits(), "the page cache would lose it again");
        assertTrue(new Situation(2 * GIB, 8 * GIB, 3, 2).hasProcessor(), "itself, and two others");
        assertFalse(new Situation(2 * GIB, 8 * GIB, 4, 2).hasProcessor());
    }

    @Test
    void what_was_read_is_in_the_page_cache_and_what_is_there_is_not_read(@TempDir Path directory) throws IOException, InterruptedException {
        Path pages = directory.resolve("pages-1.img");
        Files.write(pages, new byte[24 << 20]);
        try (FileChannel channel = FileChannel.open(pages, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        assertEquals(1, residentShare(pages));
        assertEquals("the memory of the image is not read ahead", readAhead(pages), "it is in memory");
        // Tells the kernel that the file is not needed any more (dd(1), nocache).
        new ProcessBuilder("dd", "if=" + pages, "iflag=nocache", "count=0", "status=none").start().waitFor();
        assumeTrue(residentShare(pages) < 0.5, "this file system keeps all in memory");
        assertEquals("the memory of the image is read ahead", readAhead(pages));
        assertEquals(1, residentShare(pages));
    }

    /** What it says in the end. */
    private static String readAhead(Path file) throws IOException {
        try (ReadAhead reader = new ReadAhead()) {
            reader.read(List.of(file));
            return reader.text();
        }
    }

    /** Of a sample of the pages; looking at them does not fetch them (man 2 mincore). */
    private static double residentShare(Path file) throws IOException {
        int resident = 0;
        try (FileChannel channel = FileChannel.open(file)) {
            for (int i = 0; i < SAMPLES; i++) {
                resident += channel.map(FileChannel.MapMode.READ_ONLY, channel.size() / SAMPLES * i, 4096).isLoaded() ? 1 : 0;
            }
        }
        return (double) resident / SAMPLES;
    }
}
