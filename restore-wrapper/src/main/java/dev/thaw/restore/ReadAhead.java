package dev.thaw.restore;

import dev.thaw.compile.Stripes;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.supervise.Pause;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the memory of a large image into the page cache while thaw plans and criu starts, as a compiled plan does. criu reads it with one thread that also
 * copies; with others ahead of it the disk has more to do at once, and criu finds what it needs in memory.
 */
public final class ReadAhead implements AutoCloseable {
    /** Read at once: no longer than a restore may wait for the end of it. */
    private static final int PIECE_BYTES = 1 << 20;

    private volatile boolean reads;
    private volatile boolean closed;

    ReadAhead() {}

    /** Starts looking whether it pays, and reads if so. A small image has no thread for it. */
    public static ReadAhead of(ImageSnapshot image) {
        ReadAhead ahead = new ReadAhead();
        if (image.totalBytes() >= Stripes.LEAST_BYTES) {
            ahead.begin("read ahead", () -> ahead.readWherePays(image.directory()));
        }
        return ahead;
    }

    /** For somebody who wants to know. */
    public String text() {
        return reads ? "the memory of the image is read ahead" : "the memory of the image is not read ahead";
    }

    /** Until the end, or {@link #close}, where it pays. */
    void readWherePays(String directory) {
        List<String> pages = new ArrayList<>();
        long bytes = 0;
        for (String name : FileCalls.list(directory)) {
            if (name.startsWith("pages-") && name.endsWith(".img")) {
                pages.add(directory + "/" + name);
                bytes += FileCalls.stat(directory + "/" + name).size();
            }
        }
        pages.sort(null);
        if (bytes >= Stripes.LEAST_BYTES && fits(bytes, proc("meminfo")) && isOnDiskOnly(pages.get(0))) {
            List<Thread> others = new ArrayList<>();
            for (int i = 1; i < Stripes.READERS; i++) {
                int reader = i;
                others.add(begin("read ahead " + reader, () -> read(pages, reader)));
            }
            read(pages, 0);
            others.forEach(Pause::untilEnded);
        }
    }

    /**
     * Whether there is room for the pages beside the application.
     *
     * @param memory /proc/meminfo
     */
    static boolean fits(long bytes, String memory) {
        int at = memory.indexOf("MemAvailable:");
        int end = memory.indexOf(" kB", at);
        return at >= 0 && end >= 0 && (Long.parseLong(memory.substring(at + "MemAvailable:".length(), end).strip()) << 10) / 2 > bytes;
    }

    /** By one page: whether the kernel has to fetch it for us. It may have fetched something for the JVM; then little time is lost. */
    private static boolean isOnDiskOnly(String file) {
        try (OwnedFd pages = FileCalls.open(file, OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC)) {
            String before = fetched();
            FileCalls.pread(pages.number(), new byte[1], 0, 1, 0);
            return !before.equals(fetched());
        }
    }

    private void read(List<String> files, int reader) {
        try (OwnedFd nowhere = FileCalls.open("/dev/null", OpenFlags.O_WRONLY | OpenFlags.O_CLOEXEC)) {
            int turn = 0;
            for (String file : files) {
                try (OwnedFd pages = FileCalls.open(file, OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC)) {
                    long size = FileCalls.fstat(pages.number()).size();
                    for (long stripe = 0; stripe < size; stripe += Stripes.BYTES) {
                        if (turn++ % Stripes.READERS == reader) {
                            read(pages, stripe, nowhere);
                        }
                    }
                }
            }
        }
    }

    private void read(OwnedFd pages, long stripe, OwnedFd nowhere) {
        FileCalls.lseek(pages.number(), stripe, FileCalls.SEEK_SET);
        for (int done = 0; !closed && done < Stripes.BYTES; done += PIECE_BYTES) {
            // Nothing is copied for a target that keeps nothing.
            FileCalls.sendfile(nowhere.number(), pages.number(), PIECE_BYTES);
            reads = true;
        }
    }

    /** What this thread has had the kernel fetch from a disk, and whatever comes after that (man 5 proc_pid_io). */
    private static String fetched() {
        String account = proc("thread-self/io");
        int at = account.indexOf("\nread_bytes: ");
        return at < 0 ? "" : account.substring(at);
    }

    private static String proc(String file) {
        return KernelString.decode(FileCalls.readProc("/proc/" + file));
    }

    private Thread begin(String name, Runnable work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (LinuxException | IllegalArgumentException e) {
                return; // criu finds it too, and thaw says so then
            }
        }, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** Ends it after the piece that it reads. */
    @Override
    public void close() {
        closed = true;
    }
}
