package dev.thaw.restore;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.MountInfo;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** A private directory for one run of criu: its log, pid file and stderr, and the overlay of the images. Removed at the end. */
public final class WorkDirectory implements AutoCloseable {
    private final String path;

    private WorkDirectory(String path) {
        this.path = path;
    }

    /** @param environment value of a variable by name, for XDG_RUNTIME_DIR and TMPDIR */
    public static WorkDirectory create(java.util.function.Function<String, Optional<String>> environment) {
        List<String> bases = new ArrayList<>();
        if (ProcessCalls.geteuid() == 0) {
            bases.add("/run");
        }
        environment.apply("XDG_RUNTIME_DIR").filter(base -> base.startsWith("/")).ifPresent(bases::add);
        environment.apply("TMPDIR").filter(base -> base.startsWith("/")).ifPresent(bases::add);
        bases.add("/tmp");
        byte[] random = new byte[8];
        new SecureRandom().nextBytes(random);
        LinuxException last = null;
        for (String base : bases) {
            String path = base + "/thaw-" + ProcessCalls.getpid() + "-" + HexFormat.of().formatHex(random);
            try {
                FileCalls.mkdir(path, 0700);
                return new WorkDirectory(path);
            } catch (LinuxException e) {
                last = e;
            }
        }
        throw last;
    }

    public String path() {
        return path;
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

    @Override
    public void close() {
        removeTree(path);
    }

    /**
     * Removes a directory and all below it, without following links and never across a mount: criu may have died with cgroup hierarchies
     * mounted in its work directory, and removing through those would walk the real ones. Such a directory is left where it is.
     */
    public static void removeTree(String path) {
        boolean mounted = MountInfo.read(ProcessCalls.getpid()).stream()
                .anyMatch(mount -> mount.mountPoint().equals(path) || mount.mountPoint().startsWith(path + "/"));
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
