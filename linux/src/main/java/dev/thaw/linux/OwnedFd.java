package dev.thaw.linux;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * An open descriptor with one owner, who closes it; {@link #release} is the only way out.
 *
 * <p>There is no finalizer on purpose: a descriptor closed at the garbage collector's leisure may by then be somebody else's.
 */
public final class OwnedFd implements AutoCloseable {

    private static final int GONE = -1;

    private final AtomicInteger number;

    private OwnedFd(int number) {
        this.number = new AtomicInteger(number);
    }

    /**
     * Takes ownership of an open descriptor.
     *
     * @throws IllegalArgumentException when {@code number} is negative
     */
    public static OwnedFd of(int number) {
        if (number < 0) {
            throw new IllegalArgumentException("not a descriptor: " + number);
        }
        return new OwnedFd(number);
    }

    /**
     * Its number, to be used while this object is open; ownership stays here.
     *
     * @throws IllegalStateException when it was closed or released
     */
    public int number() {
        return live(number.get());
    }

    /**
     * Gives the descriptor away: the caller owns it from here on, and {@link #close} does nothing any more.
     *
     * @throws IllegalStateException when it was closed or released before
     */
    public int release() {
        return live(number.getAndSet(GONE));
    }

    /** Whether this object still owns a descriptor. */
    public boolean isOpen() {
        return number.get() != GONE;
    }

    /**
     * A second descriptor for the same open file description, close-on-exec; EMFILE when the limit is reached (man 2 fcntl,
     * F_DUPFD_CLOEXEC).
     */
    public OwnedFd duplicate() {
        return duplicateAtLeast(0);
    }

    /** As {@link #duplicate}, with the lowest free number that is not below {@code min}; EINVAL when {@code min} is above RLIMIT_NOFILE. */
    public OwnedFd duplicateAtLeast(int min) {
        return FdCalls.duplicate(number(), min);
    }

    /**
     * Closes the descriptor, once; a second call does nothing.
     *
     * @throws LinuxException EBADF when somebody else closed it before us; EIO, ENOSPC, EDQUOT when written data got lost (man 2 close)
     */
    @Override
    public void close() {
        int owned = number.getAndSet(GONE);
        if (owned != GONE) {
            FdCalls.close(owned);
        }
    }

    @Override
    public String toString() {
        int current = number.get();
        return current == GONE ? "fd (gone)" : "fd " + current;
    }

    private static int live(int number) {
        if (number == GONE) {
            throw new IllegalStateException("the descriptor was closed or given away");
        }
        return number;
    }
}
