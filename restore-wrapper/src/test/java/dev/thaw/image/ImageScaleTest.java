package dev.thaw.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.FileCalls;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** A large image is read in one go, into a bounded part of the heap; the times are printed, and judged by people. */
@Isolated("measures time")
@DisplayNameGeneration(ReplaceUnderscores.class)
class ImageScaleTest {

    private static final int PROCESSES = 10_000;
    private static final int DESCRIPTORS_EACH = 10;
    /** Of heap; with the file that it is of, as good as each has one of its own here, and its share of its process. */
    private static final int MOST_BYTES_A_DESCRIPTOR = 900;

    @Test
    void ten_thousand_processes_with_ten_descriptors_each_are_read(@TempDir Path directory) {
        ImageBuilder image = new ImageBuilder();
        FileSpec executable = image.regular("/usr/bin/app");
        for (int i = 0; i < PROCESSES; i++) {
            TaskSpec task = image.task(100 + i).executable(executable).maps(executable).directories(executable, executable);
            for (int fd = 0; fd < DESCRIPTORS_EACH; fd++) {
                boolean pipe = fd % 2 == 1;
                task.fd(fd, pipe ? image.pipeWriter(i * 10L + fd) : image.regular("/srv/app/" + i + "/" + fd).size(fd).mode(0100644));
            }
        }
        Map<String, byte[]> files = image.files();
        image = null;
        files.forEach((name, content) -> FileCalls.writeFile(directory + "/" + name, content, 0600));

        long usedBefore = used();
        long start = System.nanoTime();
        ImageSnapshot snapshot = ImagesDirectory.decode(new MemoryFiles("images", files));
        long decoded = System.nanoTime();
        long bytes = used() - usedBefore;
        int descriptors = PROCESSES * DESCRIPTORS_EACH;
        assertEquals(descriptors, snapshot.openFiles().size());
        assertTrue(bytes < (long) MOST_BYTES_A_DESCRIPTOR * descriptors, bytes / descriptors + " bytes for each descriptor");
        long startOfDisk = System.nanoTime();
        ImageSnapshot fromDisk = ImagesDirectory.read(directory.toString());
        long read = System.nanoTime();
        assertEquals(snapshot.files().size(), fromDisk.files().size());

        System.out.println("image of " + PROCESSES + " processes, " + descriptors + " descriptors, " + files.size() + " files: decoded in "
            + (decoded - start) / 1_000_000 + " ms, read from disk in " + (read - startOfDisk) / 1_000_000 + " ms, "
            + bytes / descriptors + " bytes of heap for each descriptor (with its file and its share of its process)");
    }

    private static long used() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
