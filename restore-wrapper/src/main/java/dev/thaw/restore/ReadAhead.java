package dev.thaw.restore;

import dev.thaw.compile.Stripes;
import dev.thaw.image.ImageSnapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reads the memory of a large image into the page cache while thaw plans and criu starts, as a compiled plan does. criu reads it with one thread that also
 * copies; with others ahead of it the disk has more to do at once, and criu finds what it needs in memory.
 */
public final class ReadAhead implements AutoCloseable {
    /** Read at once: what the kernel fetches ahead where a disk is fast, and no longer than a restore may wait for the end of it. */
    private static final int PIECE_BYTES = 8 << 20;

    private volatile boolean reads;
    private volatile boolean closed;

    ReadAhead() {}

    /** Starts looking whether it pays, and reads if so. A small image has no thread for it. */
    public static ReadAhead of(ImageSnapshot image) {
        ReadAhead ahead = new ReadAhead();
        if (image.totalBytes() >= Stripes.LEAST_BYTES) {
            for (int i = 0; i < Stripes.READERS; i++) {
                int reader = i;
                Thread thread = new Thread(() -> ahead.readWherePays(Path.of(image.directory()), reader), "read ahead " + reader);
                thread.setDaemon(true);
                thread.start();
            }
        }
        return ahead;
    }

    private static List<Path> pages(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().matches("pages-\\d+\\.img")).sorted().toList();
        }
    }

    /**
     * Whether there is room for the pages beside the application.
     *
     * @param memory lines of /proc/meminfo
     */
    static boolean fits(long bytes, List<String> memory) {
        for (String line : memory) {
            if (line.startsWith("MemAvailable:")) {
                return (Long.parseLong(line.split("\\s+")[1]) << 10) / 2 > bytes;
            }
        }
        return false;
    }

    /** For somebody who wants to know. */
    public String text() {
        return reads ? "the memory of the image is read ahead" : "the memory of the image is not read ahead";
    }

    private void readWherePays(Path directory, int reader) {
        try {
            List<Path> files = pages(directory);
            long bytes = 0;
            for (Path file : files) {
                bytes += Files.size(file);
            }
            if (bytes >= Stripes.LEAST_BYTES && fits(bytes, Files.readAllLines(Path.of("/proc/meminfo")))) {
                read(files, reader);
            }
        } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
            return; // criu finds it too, and thaw says so then
        }
    }

    /**
     * Until the end, or {@link #close}, or when it turns out that they are in memory.
     *
     * @param reader its number, from 0
     */
    void read(List<Path> files, int reader) throws IOException {
        // Nothing is copied for a target that keeps nothing: sendfile(2) hands over the pages as they are.
        try (FileChannel nowhere = FileChannel.open(Path.of("/dev/null"), StandardOpenOption.WRITE)) {
            for (Path file : files) {
                try (FileChannel pages = FileChannel.open(file)) {
                    for (long stripe = (long) reader * Stripes.BYTES; stripe < pages.size(); stripe += (long) Stripes.READERS * Stripes.BYTES) {
                        if (!read(pages, stripe, nowhere)) {
                            return;
                        }
                    }
                }
            }
        }
    }

    /** False when no more is to be read. */
    private boolean read(FileChannel pages, long stripe, FileChannel nowhere) throws IOException {
        long before = fetched();
        for (int done = 0; done < Stripes.BYTES; done += PIECE_BYTES) {
            if (closed) {
                return false;
            }
            long taken = pages.transferTo(stripe + done, PIECE_BYTES, nowhere);
            // Some of it may be for the JVM itself.
            if (fetched() - before > taken / 2) {
                reads = true;
            } else if (!reads) {
                return false;
            }
        }
        return true;
    }

    /** Bytes that this thread has had the kernel fetch from a disk (man 5 proc_pid_io). */
    private static long fetched() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/thread-self/io"))) {
            if (line.startsWith("read_bytes: ")) {
                return Long.parseLong(line.substring("read_bytes: ".length()));
            }
        }
        throw new IOException("the kernel keeps no account of what was read");
    }

    /** Ends it after the piece that it reads. */
    @Override
    public void close() {
        closed = true;
    }
}
