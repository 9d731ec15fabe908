package dev.thaw.fdbroker.server;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.SocketCalls;
import java.util.Optional;

/** The path where a broker listens: one broker at a time has it, and what a former one left there is removed. */
public final class SocketPlace implements AutoCloseable {
    private static final int BACKLOG = 4096;

    private final String path;
    private final OwnedFd lock;
    private boolean left;

    private SocketPlace(String path, OwnedFd lock) {
        this.path = path;
        this.lock = lock;
    }

    /**
     * Takes the place.
     *
     * @return empty when a broker has it
     * @throws LinuxException when the path is of no use; EEXIST when something else is there
     */
    public static Optional<SocketPlace> claim(String path) {
        makeDirectoryOf(path);
        OwnedFd lock = FileCalls.open(path + ".lock", OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_NOFOLLOW, 0600);
        try {
            FileCalls.flock(lock.number(), FileCalls.LOCK_EX | FileCalls.LOCK_NB);
            return Optional.of(new SocketPlace(path, lock));
        } catch (LinuxException e) {
            lock.close();
            if (e.is(Errno.EAGAIN)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** The place of a broker that hands it over, with its lock, which this takes over. */
    public static SocketPlace takenOver(String path, OwnedFd lock) {
        return new SocketPlace(path, lock);
    }

    /** Number of the descriptor that holds the place; stays owned by this. */
    int lock() {
        return lock.number();
    }

    /** Leaves the place to a successor that has the lock as well: {@link #close} lets the socket be. */
    public void leave() {
        left = true;
    }

    /**
     * Listens there.
     *
     * @param mode permissions of the socket: who may write may connect
     * @return owned by the caller
     */
    public OwnedFd listen(int mode) {
        removeOldSocket();
        return SocketCalls.listenUnix(path, SocketCalls.SOCK_SEQPACKET, () -> FileCalls.chmod(path, mode), BACKLOG);
    }

    /** Leaves the place, the socket removed. The empty lock file stays: to remove it would let two brokers lock one file each. */
    @Override
    public void close() {
        if (!left) {
            removeOldSocket();
        }
        lock.close();
    }

    /** bind answers EADDRINUSE to anything that is no socket and stays. */
    private void removeOldSocket() {
        if (FileCalls.lstatIfExists(path).filter(FileStatus::isSocket).isPresent()) {
            FileCalls.unlink(path);
        }
    }

    private static void makeDirectoryOf(String path) {
        int slash = path.lastIndexOf('/');
        if (slash > 0 && FileCalls.statIfExists(path.substring(0, slash)).isEmpty()) {
            FileCalls.mkdir(path.substring(0, slash), 0700);
        }
    }
}
