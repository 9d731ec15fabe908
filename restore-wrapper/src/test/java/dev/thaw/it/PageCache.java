package dev.thaw.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** What of a file is in memory. */
public final class PageCache {
    private static final int SAMPLES = 64;

    private PageCache() {}

    /** A new file of zeros, in memory and on its disk. @return its path */
    public static String write(String path, int bytes) throws IOException {
        FileCalls.writeFile(path, new byte[bytes], 0600);
        try (OwnedFd file = FileCalls.open(path, OpenFlags.O_WRONLY | OpenFlags.O_CLOEXEC)) {
            FileCalls.fsync(file.number());
        }
        assertEquals(1, residentShare(path));
        return path;
    }

    /** Tells the kernel that a file, which is on its disk, is not needed any more; some file systems keep all in memory nevertheless. */
    public static void evict(String file) throws IOException, InterruptedException {
        assertEquals(0, new ProcessBuilder("dd", "if=" + file, "iflag=nocache", "count=0", "status=none").start().waitFor());
    }

    /** Of a sample of the pages, from 0 to 1; looking at them does not fetch them (man 2 mincore). */
    public static double residentShare(String file) throws IOException {
        int resident = 0;
        try (FileChannel channel = FileChannel.open(Path.of(file))) {
            for (int i = 0; i < SAMPLES; i++) {
                resident += channel.map(FileChannel.MapMode.READ_ONLY, channel.size() / SAMPLES * i, 4096).isLoaded() ? 1 : 0;
            }
        }
        return (double) resident / SAMPLES;
    }
}
