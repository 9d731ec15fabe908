package dev.thaw.pidns;

import dev.thaw.linux.LinuxException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * A thread with namespaces of its own: what it starts is born into them, while the rest of thaw stays where it was. In it /proc is another
 * one, so nothing is to be looked up there; and it can start processes, but no thread.
 */
final class NamespaceThread implements AutoCloseable {
    private final ExecutorService executor = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "in other namespaces");
        thread.setDaemon(true);
        return thread;
    });

    /** Runs a step there, and returns what it returns or throws what it throws. */
    <T> T call(Supplier<T> step) {
        try {
            return executor.submit(step::get).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof LinuxException failed) {
                throw failed;
            }
            if (e.getCause() instanceof RuntimeException failed) {
                throw failed;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** The thread ends, and with it its hold on the namespaces. */
    @Override
    public void close() {
        executor.shutdown();
    }
}
