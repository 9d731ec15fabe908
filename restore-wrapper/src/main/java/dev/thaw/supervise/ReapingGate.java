package dev.thaw.supervise;

import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Keeps {@link OrphanReaper} from children that are not orphans. The kernel does not tell one from the other, and the exit status of a
 * child goes to whoever asks first: so whoever starts a child while an application is supervised, by zt-exec or by PosixSpawn, holds the
 * gate until that child is reaped.
 */
public final class ReapingGate {
    private static final ReadWriteLock LOCK = new ReentrantReadWriteLock();

    private ReapingGate() {}

    /** Given back by the thread that took it. */
    public interface Held extends AutoCloseable {
        @Override
        void close();
    }

    /** Orphans stay zombies until the result is closed. */
    public static Held hold() {
        LOCK.readLock().lock();
        return () -> LOCK.readLock().unlock();
    }

    /** Runs the step unless somebody holds the gate. */
    static boolean ifFree(Runnable step) {
        if (!LOCK.writeLock().tryLock()) {
            return false;
        }
        try {
            step.run();
            return true;
        } finally {
            LOCK.writeLock().unlock();
        }
    }
}
