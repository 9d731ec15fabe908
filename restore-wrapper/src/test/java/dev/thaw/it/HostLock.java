package dev.thaw.it;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Lets integration tests of several JVMs run side by side, and those that are {@link Alone} by themselves. The machine's pids, mounts and
 * cgroups know nothing of JVMs, so the lock is one of the kernel's.
 */
final class HostLock implements BeforeEachCallback, AfterEachCallback {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(HostLock.class);
    /** Each of the other JVMs may be in a test that runs into its own limit. */
    private static final Duration LIMIT = Duration.ofSeconds(200);

    @Override
    public void beforeEach(ExtensionContext context) {
        boolean alone = AnnotationSupport.isAnnotated(context.getElement(), Alone.class)
                || AnnotationSupport.isAnnotated(context.getTestClass(), Alone.class);
        // Whoever wants to be alone holds the gate meanwhile: the others would never all be out at the same time otherwise.
        OwnedFd gate = lock("gate", alone);
        try {
            context.getStore(NAMESPACE).put("room", lock("room", alone));
        } finally {
            gate.close();
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        OwnedFd room = context.getStore(NAMESPACE).remove("room", OwnedFd.class);
        if (room != null) {
            room.close();
        }
    }

    private static OwnedFd lock(String name, boolean exclusive) {
        String file = System.getProperty("java.io.tmpdir") + "/thaw-it-" + ProcessCalls.geteuid() + "-" + name + ".lock";
        OwnedFd lock = FileCalls.open(file, OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC, 0600);
        try {
            // Not blocking in the kernel: nothing could bound that.
            Await.value(() -> "the lock " + file + ", which another test JVM holds", LIMIT, () -> tryLock(lock, exclusive));
            return lock;
        } catch (RuntimeException | AssertionError e) {
            lock.close();
            throw e;
        }
    }

    private static Optional<OwnedFd> tryLock(OwnedFd lock, boolean exclusive) {
        try {
            FileCalls.flock(lock.number(), (exclusive ? FileCalls.LOCK_EX : FileCalls.LOCK_SH) | FileCalls.LOCK_NB);
            return Optional.of(lock);
        } catch (LinuxException e) {
            if (e.is(Errno.EAGAIN)) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
