package dev.thaw.pidns;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.StatusFile;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Namespaces of a process, entered by a thread of ours: what is started there sees what the process sees. */
public final class EnteredNamespaces implements AutoCloseable {
    private static final Map<String, Integer> PIDS_AND_MOUNTS = Map.of("pid", ProcessCalls.CLONE_NEWPID, "mnt", ProcessCalls.CLONE_NEWNS);

    private final NamespaceThread thread = new NamespaceThread();

    private EnteredNamespaces() {}

    /**
     * Whether a process is in a pid namespace that a program of ours can go into and find all it needs: the same root directory, and a /proc of
     * those pids, as where thaw itself has made one. Not for the first process of a namespace, which is one with it.
     */
    public static boolean areOpenTo(int pid) {
        try {
            String of = "/proc/" + pid;
            List<Integer> pids = StatusFile.read(pid).nsPid();
            return pids.size() > 1 && pids.get(pids.size() - 1) != 1
                    && !FileCalls.readlink(of + "/ns/pid").equals(FileCalls.readlink("/proc/self/ns/pid"))
                    && isSame(FileCalls.stat(of + "/root/."), FileCalls.stat("/"))
                    && FileCalls.readlink(of + "/root/proc/1/ns/pid").equals(FileCalls.readlink(of + "/ns/pid"));
        } catch (LinuxException goneOrNotAllowed) {
            return false;
        }
    }

    private static boolean isSame(FileStatus one, FileStatus other) {
        return one.device() == other.device() && one.inode() == other.inode();
    }

    /**
     * Its pid and mount namespaces: the pids and the /proc that it sees.
     *
     * @throws dev.thaw.linux.LinuxException EPERM without the right, ENOENT when the process has ended
     */
    public static EnteredNamespaces of(int pid) {
        return of(pid, PIDS_AND_MOUNTS);
    }

    /**
     * @param kinds names in /proc/PID/ns → their flags
     * @throws dev.thaw.linux.LinuxException as above
     */
    public static EnteredNamespaces of(int pid, Map<String, Integer> kinds) {
        EnteredNamespaces entered = new EnteredNamespaces();
        Map<Integer, OwnedFd> open = new LinkedHashMap<>();
        try {
            kinds.forEach((kind, flag) -> open.put(flag, FileCalls.open("/proc/" + pid + "/ns/" + kind, OpenFlags.O_RDONLY)));
            entered.thread.call(() -> {
                // A thread can change its mounts only when it shares its root and working directory with no other (man 2 setns).
                ProcessCalls.unshare(ProcessCalls.CLONE_FS);
                open.forEach((flag, namespace) -> ProcessCalls.setns(namespace.number(), flag));
                return null;
            });
            return entered;
        } catch (RuntimeException e) {
            entered.close();
            throw e;
        } finally {
            open.values().forEach(OwnedFd::close);
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
