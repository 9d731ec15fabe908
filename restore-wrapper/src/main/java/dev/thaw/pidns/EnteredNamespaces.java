package dev.thaw.pidns;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import java.util.function.Supplier;

/** The pid and mount namespaces of a process, entered: what is started there sees the pids and the /proc that the process sees. */
public final class EnteredNamespaces implements AutoCloseable {
    private final NamespaceThread thread = new NamespaceThread();

    private EnteredNamespaces() {}

    /** @throws dev.thaw.linux.LinuxException EPERM without the right, ENOENT when the process has ended */
    public static EnteredNamespaces of(int pid) {
        EnteredNamespaces entered = new EnteredNamespaces();
        try (OwnedFd pids = FileCalls.open("/proc/" + pid + "/ns/pid", OpenFlags.O_RDONLY);
                OwnedFd mounts = FileCalls.open("/proc/" + pid + "/ns/mnt", OpenFlags.O_RDONLY)) {
            entered.thread.call(() -> {
                // A thread can change its mounts only when it shares its root and working directory with no other (man 2 setns).
                ProcessCalls.unshare(ProcessCalls.CLONE_FS);
                ProcessCalls.setns(pids.number(), ProcessCalls.CLONE_NEWPID);
                ProcessCalls.setns(mounts.number(), ProcessCalls.CLONE_NEWNS);
                return null;
            });
            return entered;
        } catch (RuntimeException e) {
            entered.close();
            throw e;
        }
    }

    /** Starts a process in there, by {@code posix_spawn}; the returned pid is ours, and it is our child. */
    public <T> T call(Supplier<T> start) {
        return thread.call(start);
    }

    @Override
    public void close() {
        thread.close();
    }
}
