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

    @Test
    void it_pays_for_a_large_image_that_is_not_in_memory() {
        assertTrue(new Situation(2 * GIB, 8 * GIB, 0.1, 2, 2).pays());
    }

    @Test
    void it_does_not_pay_otherwise() {
        assertFalse(new Situation(GIB / 100, 8 * GIB, 0.1, 1, 2).pays(), "a small image");
        assertFalse(new Situation(2 * GIB, 3 * GIB, 0.1, 1, 2).pays(), "the page cache would lose it again");
        assertFalse(new Situation(2 * GIB, 8 * GIB, 0.6, 1, 2).pays(), "most of it is in memory");
        assertFalse(new Situation(2 * GIB, 8 * GIB, 0.1, 3, 2).pays(), "no processor to itself");
    }

    @Test
    void what_was_read_is_in_the_page_cache(@TempDir Path directory) throws IOException, InterruptedException {
        Path pages = directory.resolve("pages-1.img");
        Files.write(pages, new byte[8 << 20]);
        Files.writeString(directory.resolve("core-1.img"), "");
        try (FileChannel channel = FileChannel.open(pages, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        assertEquals(1, ReadAhead.residentShare(List.of(pages)));
        // Tells the kernel that the file is not needed any more (dd(1), nocache).
        new ProcessBuilder("dd", "if=" + pages, "iflag=nocache", "count=0", "status=none").start().waitFor();
        assumeTrue(ReadAhead.residentShare(List.of(pages)) < 0.5, "this file system keeps all in memory");
        ReadAhead.reading(directory).read();
        assertEquals(1, ReadAhead.residentShare(List.of(pages)));
    }
}
