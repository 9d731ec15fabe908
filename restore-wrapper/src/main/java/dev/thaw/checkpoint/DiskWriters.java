package dev.thaw.checkpoint;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.supervise.Pause;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Puts files safely on disk, with threads of its own, and makes them private. Several at a time: a file system with a journal commits it for all that ask
 * meanwhile at once, and for one after the other as often as there are files. Nothing is under way any more when this is closed.
 */
final class DiskWriters implements AutoCloseable {
    private static final int PRIVATE = 0600;
    private static final int THREADS = 4;

    private final Queue<String> waiting;
    private final Queue<RuntimeException> failures = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads = new ArrayList<>();

    private DiskWriters(List<String> paths) {
        this.waiting = new ConcurrentLinkedQueue<>(paths);
    }

    static DiskWriters begin(List<String> paths) {
        DiskWriters writers = new DiskWriters(paths);
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(writers::work, "disk writer");
            thread.setDaemon(true);
            thread.start();
            writers.threads.add(thread);
        }
        return writers;
    }

    private void work() {
        try {
            for (String path = waiting.poll(); path != null; path = waiting.poll()) {
                store(path);
            }
        } catch (RuntimeException e) {
            waiting.clear();
            failures.add(e);
        }
    }

    /** criu writes some files readable for all, such as the content of deleted ones; and a criu that ran as another user, as that one's. */
    static void store(String path) {
        try (OwnedFd file = FileCalls.open(path, OpenFlags.O_RDONLY | OpenFlags.O_NOFOLLOW)) {
            FileCalls.chown(path, ProcessCalls.geteuid(), ProcessCalls.getegid());
            FileCalls.fchmod(file.number(), PRIVATE);
            FileCalls.fsync(file.number());
        }
    }

    /**
     * Until all are there.
     *
     * @throws LinuxException when one of them is not
     */
    void await() {
        join();
        if (!failures.isEmpty()) {
            throw failures.peek();
        }
    }

    /** Waits for what is under way; the rest stays undone. */
    @Override
    public void close() {
        waiting.clear();
        join();
    }

    /** No disk takes forever, and nobody may remove files under their hands. */
    private void join() {
        threads.forEach(Pause::untilEnded);
    }
}
