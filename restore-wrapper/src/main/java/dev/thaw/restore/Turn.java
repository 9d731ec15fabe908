package dev.thaw.restore;

import dev.thaw.criu.CriuBinary;
import dev.thaw.linux.Errno;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.SocketCalls;
import dev.thaw.report.Durations;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The turn of one restore in a network namespace. The tasks of a criu before 4.1 talk through abstract sockets with the same names in each
 * restore. The lock is an abstract socket itself: such a name belongs to the network namespace, and is free again when its owner has ended, however
 * that was.
 */
final class NetworkTurn implements AutoCloseable {
    private static final String NAME = "\0dev.thaw.restore";
    private static final long PAUSE_MILLIS = 20;

    private final Optional<OwnedFd> lock;

    private NetworkTurn(Optional<OwnedFd> lock) {
        this.lock = lock;
    }

    /**
     * Waits for it, with a criu that needs it.
     *
     * @throws Failure with {@link ExitCode#TIME_LIMIT}
     */
    static NetworkTurn take(CriuBinary criu, Patience patience) {
        return criu.features().concurrentRestores() ? new NetworkTurn(Optional.empty()) : take(NAME, patience);
    }

    static NetworkTurn take(String name, Patience patience) {
        Duration limit = patience.left();
        while (true) {
            OwnedFd socket = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0);
            try {
                SocketCalls.bindUnix(socket.number(), name);
                return new NetworkTurn(Optional.of(socket));
            } catch (LinuxException e) {
                socket.close();
                if (!e.is(Errno.EADDRINUSE)) {
                    throw e;
                }
            }
            patience.check();
            if (patience.isOver()) {
                throw new Failure(ExitCode.TIME_LIMIT, "other restores in this network namespace took longer than " + Durations.format(limit),
                        List.of("with a criu before 4.1 they take turns"), List.of("a newer criu: scripts/install-criu", "a longer --timeout"),
                        new NotTheImagesFault("another restore had its turn"));
            }
            pause();
        }
    }

    @Override
    public void close() {
        lock.ifPresent(OwnedFd::close);
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
