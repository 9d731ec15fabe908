package dev.thaw.fdbroker;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.OwnedFd;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Opens paths, and does not wait for ever where the kernel would: a FIFO opens when somebody has the other end. */
final class PathOpener {
    private final Duration limit;

    PathOpener(Duration limit) {
        this.limit = limit;
    }

    /**
     * @param mode permissions of a new file, reduced by the umask
     * @throws SourceUnavailable when nobody opens the other end of a FIFO in time
     */
    OwnedFd open(String path, int flags, int mode) {
        Optional<FileStatus> status = FileCalls.statIfExists(path);
        return status.isPresent() && status.get().isFifo() ? openFifo(path, flags) : FileCalls.open(path, flags, mode);
    }

    private OwnedFd openFifo(String path, int flags) {
        Opening opening = new Opening(path, flags);
        Thread thread = new Thread(opening, "open " + path);
        thread.setDaemon(true);
        thread.start();
        try {
            opening.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return opening.opened();
        } catch (ExecutionException e) {
            return opening.opened();
        } catch (TimeoutException | InterruptedException e) {
            // The thread stays in open(2) until somebody has the other end, or this process has ended.
            if (!opening.cancel(false)) {
                // It was open a moment too late for the limit, or could not be opened at all.
                return opening.opened();
            }
            String why = "it is a FIFO, and nobody opened its other end within " + limit.toMillis() + " ms";
            throw new SourceUnavailable(path, why, List.of("starting the other program first"));
        }
    }

    private static final class Opening extends FutureTask<OwnedFd> {
        Opening(String path, int flags) {
            super(() -> FileCalls.open(path, flags));
        }

        /** When it is done: what it opened, or why it could not. */
        OwnedFd opened() {
            try {
                return get();
            } catch (ExecutionException | InterruptedException e) {
                throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e);
            }
        }

        @Override
        protected void set(OwnedFd fd) {
            super.set(fd);
            if (isCancelled()) {
                fd.close();
            }
        }
    }
}
