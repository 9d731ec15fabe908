package dev.thaw.launcher;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import java.util.Optional;
import java.util.function.Supplier;

/** The directory of a {@link NameRegistry}: only its owner's, with locks. */
final class RegistryDirectory {
    private static final int ATTEMPTS = 500;
    private static final long PAUSE_MILLIS = 10;

    private final String path;

    RegistryDirectory(String path) {
        this.path = path;
    }

    String path() {
        return path;
    }

    /** What is believed of a record is read from here, so nobody else may write here. */
    void make() {
        try {
            FileCalls.mkdir(path, 0700);
        } catch (LinuxException e) {
            if (!e.is(Errno.EEXIST)) {
                throw new NameRegistry.Unavailable(e.getMessage());
            }
        }
        FileStatus status = FileCalls.lstat(path);
        if (!status.isDirectory() || status.uid() != ProcessCalls.geteuid() || (status.permissions() & 0077) != 0) {
            throw new NameRegistry.Unavailable("%s has to be a directory of user %d with mode 0700, and is of user %d with mode %04o"
                    .formatted(path, ProcessCalls.geteuid(), status.uid(), status.permissions()));
        }
    }

    /** Runs a short step that no other thaw may disturb. */
    <T> T exclusively(Supplier<T> step) {
        make();
        try (OwnedFd lock = open(".lock")) {
            for (int i = 0; !tryLock(lock); i++) {
                if (i == ATTEMPTS) {
                    throw new NameRegistry.Unavailable(path + "/.lock is held by another thaw for too long");
                }
                pause();
            }
            return step.get();
        }
    }

    /**
     * Takes a lock of its own for a name.
     *
     * @return empty when somebody else holds it; {@link #unlock} gives it back
     */
    Optional<OwnedFd> tryLockName(String name) {
        make();
        OwnedFd lock = open(lockFile(name));
        if (tryLock(lock) && isStillThere(lock, name)) {
            return Optional.of(lock);
        }
        lock.close();
        return Optional.empty();
    }

    void unlock(OwnedFd lock, String name) {
        FileCalls.unlink(path + "/" + lockFile(name));
        lock.close();
    }

    /** The holder before us removes the file while it holds it; then we hold a lock that nobody else will ask for. */
    private boolean isStillThere(OwnedFd lock, String name) {
        Optional<FileStatus> named = FileCalls.lstatIfExists(path + "/" + lockFile(name));
        return named.isPresent() && named.get().inode() == FileCalls.fstat(lock.number()).inode();
    }

    private OwnedFd open(String file) {
        return FileCalls.open(path + "/" + file, OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_NOFOLLOW, 0600);
    }

    private static boolean tryLock(OwnedFd lock) {
        try {
            FileCalls.flock(lock.number(), FileCalls.LOCK_EX | FileCalls.LOCK_NB);
            return true;
        } catch (LinuxException e) {
            if (e.is(Errno.EAGAIN)) {
                return false;
            }
            throw e;
        }
    }

    private static String lockFile(String name) {
        return "." + name + ".starting";
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NameRegistry.Unavailable("interrupted");
        }
    }
}
