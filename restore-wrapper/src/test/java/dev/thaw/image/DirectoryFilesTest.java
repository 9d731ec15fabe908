package dev.thaw.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.FileCalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(ReplaceUnderscores.class)
class DirectoryFilesTest {
    private static final byte[] CONTENT = {1, 2, 3};

    /** Opened without O_NONBLOCK between a look and the next, it would wait for a writer. */
    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void fifo_that_somebody_else_puts_in_the_place_of_a_file_makes_nobody_wait(@TempDir Path directory) throws Exception {
        FileCalls.chmod(directory.toString(), 0777);
        String path = directory.resolve("core-1.img").toString();
        FileCalls.writeFile(path, CONTENT, 0644);
        String fifo = directory.resolve("fifo").toString();
        assertEquals(0, new ProcessBuilder("mkfifo", fifo).start().waitFor());
        DirectoryFiles files = new DirectoryFiles(directory.toString());
        AtomicBoolean over = new AtomicBoolean();
        Thread other = new Thread(() -> {
            String file = directory.resolve("file").toString();
            while (!over.get()) {
                FileCalls.rename(path, file);
                FileCalls.rename(fifo, path);
                FileCalls.rename(path, fifo);
                FileCalls.rename(file, path);
            }
        });
        other.setDaemon(true);
        other.start();
        int found = 0;
        for (int i = 0; i < 20_000 || found == 0; i++) {
            try {
                assertArrayEquals(CONTENT, files.read("core-1.img"));
                found++;
            } catch (ImageException swapped) {
                assertTrue(swapped.getMessage().contains("not a regular file") || swapped.getMessage().contains("No such file"), swapped.getMessage());
            }
        }
        over.set(true);
        other.join();
    }

    @Test
    void a_link_leads_to_the_file_and_a_fifo_is_none(@TempDir Path directory) throws IOException, InterruptedException {
        FileCalls.writeFile(directory + "/core-1.img", CONTENT, 0600);
        Files.createSymbolicLink(directory.resolve("core-2.img"), Path.of("core-1.img"));
        assertEquals(0, new ProcessBuilder("mkfifo", directory + "/core-3.img").start().waitFor());
        DirectoryFiles files = new DirectoryFiles(directory.toString());
        assertArrayEquals(CONTENT, files.read("core-1.img"));
        assertArrayEquals(CONTENT, files.read("core-2.img"));
        assertTrue(assertThrows(ImageException.class, () -> files.read("core-3.img")).getMessage().contains("not a regular file"));
    }
}
