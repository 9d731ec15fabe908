package dev.thaw.restore;

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
 * Reads the memory of a large image into the page cache while thaw plans and criu starts. criu reads it with one thread that also copies; with
 * another one ahead of it the disk is never idle, and criu finds what it needs in memory.
 */
public final class ReadAhead implements AutoCloseable {
    /** Of all pages together; less than this criu has read before another thread could help it. */
    private static final long LEAST_BYTES = 64L << 20;
    /** Read at once: what the kernel fetches ahead where a disk is fast, and no longer than a restore may wait for the end of it. */
    private static final int PIECE_BYTES = 8 << 20;
    private static final int IDLE_POLL_MILLIS = 5;

    private volatile boolean reads;
    private volatile boolean closed;

    ReadAhead() {}

    /**
     * What there is to know before the decision.
     *
     * @param bytes of all pages of the image
     * @param availableBytes of memory, that programs could have
     * @param running threads of the machine that run or could run, the one that asks among them
     */
    record Situation(long bytes, long availableBytes, int running, int processors) {
        /** Whether there is room for the pages beside the application. */
        boolean fits() {
            return availableBytes / 2 > bytes;
        }

        /** The thread that asks will wait for the disk, mostly. Without a processor for it, it is in criu's way. */
        boolean hasProcessor() {
            return running - 1 <= processors;
        }
    }

    /** Starts looking whether it pays, and reads if so. A small image has no thread for it. */
    public static ReadAhead of(ImageSnapshot image) {
        ReadAhead reader = new ReadAhead();
        if (image.totalBytes() >= LEAST_BYTES) {
            Thread thread = new Thread(() -> reader.readWherePays(Path.of(image.directory())), "read ahead");
            thread.setDaemon(true);
            thread.start();
        }
        return reader;
    }

    private static List<Path> pages(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().matches("pages-\\d+\\.img")).sorted().toList();
        }
    }

    private static Situation situation(long bytes) throws IOException {
        String running = Files.readString(Path.of("/proc/loadavg")).split("[ /]")[3];
        long available = 0;
        for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
            available = line.startsWith("MemAvailable:") ? Long.parseLong(line.split("\\s+")[1]) << 10 : available;
        }
        return new Situation(bytes, available, Integer.parseInt(running), Runtime.getRuntime().availableProcessors());
    }

    /** For somebody who wants to know. */
    public String text() {
        return reads ? "the memory of the image is read ahead" : "the memory of the image is not read ahead";
    }

    private void readWherePays(Path directory) {
        try {
            List<Path> files = pages(directory);
            long bytes = 0;
            for (Path file : files) {
                bytes += Files.size(file);
            }
            if (bytes >= LEAST_BYTES && awaitProcessor(bytes)) {
                read(files);
            }
        } catch (IOException | UncheckedIOException | IllegalArgumentException | InterruptedException e) {
            return; // criu finds it too, and thaw says so then
        }
    }

    /** Until the end, or {@link #close}, or when it turns out that they are in memory. */
    void read(List<Path> files) throws IOException {
        // Nothing is copied for a target that keeps nothing: sendfile(2) hands over the pages as they are.
        try (FileChannel nowhere = FileChannel.open(Path.of("/dev/null"), StandardOpenOption.WRITE)) {
            long before = fetched();
            for (Path file : files) {
                try (FileChannel channel = FileChannel.open(file)) {
                    long position = 0;
                    long taken = 1;
                    while (!closed && taken > 0) {
                        taken = channel.transferTo(position, PIECE_BYTES, nowhere);
                        position += taken;
                        // Some of it may be for the JVM itself.
                        reads |= fetched() - before > taken / 2;
                        if (!reads) {
                            return;
                        }
                    }
                }
            }
        }
    }

    /** False where there is no room, or when it is not wanted any more. */
    private boolean awaitProcessor(long bytes) throws IOException, InterruptedException {
        while (!closed) {
            Situation situation = situation(bytes);
            if (!situation.fits() || situation.hasProcessor()) {
                return situation.fits();
            }
            Thread.sleep(IDLE_POLL_MILLIS);
        }
        return false;
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
