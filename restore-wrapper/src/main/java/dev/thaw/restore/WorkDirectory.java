package dev.thaw.restore;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.MountInfo;
import dev.thaw.plan.Search;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A private directory for one run of criu: its log, pid file and stderr, and the overlay of the images. Removed at the end; it is locked (flock)
 * as long as its thaw lives, so that the next one can tell what a killed one has left, and removes that.
 */
public final class WorkDirectory implements AutoCloseable {
    private final String path;
    private final Optional<OwnedFd> lock;

    private WorkDirectory(String path, Optional<OwnedFd> lock) {
        this.path = path;
        this.lock = lock;
    }

    /**
     * @param environment value of a variable by name, for XDG_RUNTIME_DIR and TMPDIR
     * @throws Failure when none of the places can be written to
     */
    public static WorkDirectory create(Function<String, Optional<String>> environment) {
        List<String> bases = new ArrayList<>();
        if (ProcessCalls.geteuid() == 0) {
            bases.add("/run");
        }
        environment.apply("XDG_RUNTIME_DIR").filter(base -> base.startsWith("/")).ifPresent(bases::add);
        environment.apply("TMPDIR").filter(base -> base.startsWith("/")).ifPresent(bases::add);
        bases.add("/tmp");
        return create(bases);
    }

    /** @param bases directories to make it in, the best first */
    static WorkDirectory create(List<String> bases) {
        List<String> reasons = new ArrayList<>();
        for (String base : bases) {
            try {
                return below(base);
            } catch (LinuxException e) {
                reasons.add(e.getMessage());
                if (e.is(Errno.EMFILE)) {
                    throw new Failure(ExitCode.FAILURE, "there are not enough descriptors to work with", reasons, List.of("ulimit -n 1024"), e);
                }
            }
        }
        throw new Failure(ExitCode.FAILURE, "there is no place for a work directory: criu's log and changed images need one", reasons,
                List.of("TMPDIR=/a/directory/to/write/to thaw …"));
    }

    /** Another thaw may take it for abandoned before it is locked; then there is another one. */
    private static WorkDirectory below(String base) {
        String path = base + "/thaw-" + ProcessCalls.getpid() + "-" + HexFormat.of().formatHex(random(8));
        FileCalls.mkdir(path, 0700);
        try {
            OwnedFd fd = FileCalls.open(path, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW);
            try {
                FileCalls.flock(fd.number(), FileCalls.LOCK_EX | FileCalls.LOCK_NB);
                if (FileCalls.lstatIfExists(path).isPresent()) {
                    return new WorkDirectory(path, Optional.of(fd));
                }
            } catch (LinuxException e) {
                if (!e.is(Errno.EAGAIN)) { // a file system without locks, so nobody removes it either
                    fd.close();
                    return new WorkDirectory(path, Optional.empty());
                }
            }
            fd.close();
        } catch (LinuxException e) {
            if (!e.is(Errno.ENOENT)) {
                FileCalls.rmdir(path); // empty as yet; to list it would need a descriptor, and there may be none left
                throw e;
            }
        }
        return below(base);
    }

    /** From the kernel itself: the JVM's SecureRandom looks for its providers first, for milliseconds. */
    private static byte[] random(int bytes) {
        byte[] random = new byte[bytes];
        try (OwnedFd source = FileCalls.open("/dev/urandom", OpenFlags.O_RDONLY)) {
            FileCalls.read(source.number(), random, 0, bytes);
        }
        return random;
    }

    public String path() {
        return path;
    }

    /** The directory that it is in. */
    String base() {
        return path.substring(0, path.lastIndexOf('/'));
    }

    public String file(String name) {
        return path + "/" + name;
    }

    /** What a file there holds, at most 64 MiB of it; empty when it does not exist. */
    public String text(String name) {
        try {
            return KernelString.decode(FileCalls.readAll(file(name), 64 << 20));
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT)) {
                return "";
            }
            throw e;
        }
    }

    /** Removes a file there, if there is one. */
    void remove(String name) {
        if (FileCalls.lstatIfExists(file(name)).isPresent()) {
            FileCalls.unlink(file(name));
        }
    }

    /** Removes what killed ones have left as well: at the end nobody waits for it. */
    @Override
    public void close() {
        try {
            removeTree(path);
        } finally {
            lock.ifPresent(OwnedFd::close);
            AbandonedWork.remove(base());
        }
    }

    /**
     * Removes a directory and all below it, without following links and never across a mount: criu may have died with cgroup hierarchies
     * mounted in its work directory, and removing through those would walk the real ones. Such a directory is left where it is.
     */
    public static void removeTree(String path) {
        boolean mounted = Search.any(MountInfo.read(ProcessCalls.getpid()), mount -> mount.mountPoint().equals(path) || mount.mountPoint().startsWith(path + "/"));
        if (!mounted) {
            removeAll(path);
        }
    }

    private static void removeAll(String path) {
        Optional<FileStatus> status = FileCalls.lstatIfExists(path);
        if (status.isEmpty()) {
            return;
        }
        if (!status.get().isDirectory()) {
            FileCalls.unlink(path);
            return;
        }
        for (String name : FileCalls.list(path)) {
            removeAll(path + "/" + name);
        }
        FileCalls.rmdir(path);
    }
}
