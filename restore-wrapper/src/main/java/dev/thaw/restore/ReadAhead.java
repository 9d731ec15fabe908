package dev.thaw.restore;

import dev.thaw.image.Generations;
import dev.thaw.image.ImageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reads the memory of a large image into the page cache while thaw plans and criu starts. criu reads it with one thread that also copies; with
 * another one ahead of it the disk is never idle.
 */
public final class ReadAhead implements AutoCloseable {
    /** Of all pages together; less than this criu has read before another thread could help it. */
    private static final long LEAST_BYTES = 64L << 20;
    private static final int BLOCK_BYTES = 1 << 20;
    private static final int SAMPLES = 64;
    private static final int PAGE_BYTES = 4096;

    private final List<Path> files;
    private boolean started;
    private volatile boolean closed;

    private ReadAhead(List<Path> files) {
        this.files = files;
    }

    /**
     * What there is to know before the decision.
     *
     * @param bytes of all pages of the image
     * @param availableBytes of memory, that programs could have
     * @param residentShare of the pages that are in the page cache already, from 0 to 1
     * @param running threads of the machine that run or could run
     */
    record Situation(long bytes, long availableBytes, double residentShare, int running, int processors) {
        /** A reader that has no processor to itself is in criu's way, and so is one of what is in memory. */
        boolean pays() {
            return bytes >= LEAST_BYTES && availableBytes / 2 > bytes && residentShare < 0.5 && running <= processors;
        }
    }

    /**
     * Starts, where it pays.
     *
     * @param image as on the command line; one that cannot be read is not this one's business
     */
    public static ReadAhead of(String image) {
        try {
            ReadAhead reader = reading(Path.of(Generations.resolve(image).generationDir()));
            if (reader.bytes() >= LEAST_BYTES && reader.situation().pays()) {
                reader.start();
            }
            return reader;
        } catch (ImageException | IOException | UncheckedIOException | IllegalArgumentException e) {
            return new ReadAhead(List.of());
        }
    }

    /** For the images of a directory; not started. */
    static ReadAhead reading(Path directory) throws IOException {
        return new ReadAhead(pages(directory));
    }

    private static List<Path> pages(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().matches("pages-\\d+\\.img")).sorted().toList();
        }
    }

    private long bytes() throws IOException {
        long bytes = 0;
        for (Path file : files) {
            bytes += Files.size(file);
        }
        return bytes;
    }

    private Situation situation() throws IOException {
        String running = Files.readString(Path.of("/proc/loadavg")).split("[ /]")[3];
        long available = 0;
        for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
            available = line.startsWith("MemAvailable:") ? Long.parseLong(line.split("\\s+")[1]) << 10 : available;
        }
        return new Situation(bytes(), available, residentShare(files), Integer.parseInt(running), Runtime.getRuntime().availableProcessors());
    }

    /** Of a sample of the pages; looking at them does not fetch them (man 2 mincore). */
    static double residentShare(List<Path> files) throws IOException {
        int samples = 0;
        int resident = 0;
        for (Path file : files) {
            try (FileChannel channel = FileChannel.open(file)) {
                long pages = channel.size() / PAGE_BYTES;
                for (int i = 0; i < SAMPLES && i < pages; i++) {
                    samples++;
                    resident += channel.map(FileChannel.MapMode.READ_ONLY, pages * i / SAMPLES * PAGE_BYTES, PAGE_BYTES).isLoaded() ? 1 : 0;
                }
            }
        }
        return samples == 0 ? 1 : (double) resident / samples;
    }

    /** For somebody who wants to know. */
    public String text() {
        return started ? "the memory of the image is read ahead" : "the memory of the image is not read ahead";
    }

    private void start() {
        started = true;
        Thread thread = new Thread(this::read, "read ahead");
        thread.setDaemon(true);
        thread.start();
    }

    /** Until the end, or {@link #close}. */
    void read() {
        ByteBuffer block = ByteBuffer.allocateDirect(BLOCK_BYTES);
        for (Path file : files) {
            try (FileChannel channel = FileChannel.open(file)) {
                while (!closed && channel.read(block) > 0) {
                    block.clear();
                }
            } catch (IOException e) {
                return; // criu finds it too, and thaw says so then
            }
        }
    }

    /** Ends it after the block that it reads. */
    @Override
    public void close() {
        closed = true;
    }
}
