package dev.thaw.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(ReplaceUnderscores.class)
class DiskWritersTest {
    private static List<String> files(Path directory) {
        List<String> files = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            files.add(directory.resolve("pages-" + i + ".img").toString());
            FileCalls.writeFile(files.get(i), new byte[i * 1000], 0644);
        }
        return files;
    }

    @Test
    void all_files_are_private_when_it_was_waited_for(@TempDir Path directory) {
        List<String> files = files(directory);
        try (DiskWriters writers = DiskWriters.begin(files)) {
            writers.await();
            files.forEach(file -> assertEquals(0600, FileCalls.stat(file).permissions(), file));
        }
    }

    @Test
    void a_file_that_cannot_be_stored_is_told_of(@TempDir Path directory) {
        List<String> files = files(directory);
        FileCalls.unlink(files.get(7));
        FileCalls.symlink(files.get(8), files.get(7));
        try (DiskWriters writers = DiskWriters.begin(files)) {
            assertTrue(assertThrows(LinuxException.class, writers::await).is(Errno.ELOOP));
        }
    }

    @Test
    void nothing_is_under_way_after_the_end_of_an_interrupted_one(@TempDir Path directory) {
        DiskWriters writers = DiskWriters.begin(files(directory));
        Thread.currentThread().interrupt();
        writers.close();
        assertTrue(Thread.interrupted(), "whoever asked it to stop has been forgotten");
        assertTrue(Thread.getAllStackTraces().keySet().stream().noneMatch(thread -> thread.getName().equals("disk writer")));
    }
}
