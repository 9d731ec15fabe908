package dev.thaw.criu;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.UserNamespace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Remembers which criu worked, since asking it costs more than a restore. Only good verdicts are kept, for one criu file on one kernel.
 * The file is written and believed only in a directory that nobody else can write to.
 */
final class CriuVerdicts {
    private static final String FILE = "criu-verdicts";
    private static final int LIMIT_BYTES = 64 * 1024;
    private static final int KEPT = 16;
    /** Those of {@link #key}, and the version. */
    private static final int FIELDS = 6;
    private static final int WRITABLE_BY_OTHERS = 022;

    private final String directory;

    private CriuVerdicts(String directory) {
        this.directory = directory;
    }

    /** Nothing is remembered. */
    static CriuVerdicts none() {
        return new CriuVerdicts("");
    }

    static CriuVerdicts forUser(Map<String, String> environment) {
        return in(place(environment, ProcessCalls.geteuid() == 0 && UserNamespace.isInitial()));
    }

    /**
     * In {@code /run/thaw} for root of the machine; for others, root of a user namespace among them, below {@code $XDG_RUNTIME_DIR}, else where their
     * programs keep what can be made again. Empty where nothing can be remembered.
     */
    static String place(Map<String, String> environment, boolean root) {
        if (root) {
            return "/run/thaw"; // what the environment names, may under sudo still be the other user's
        }
        String home = environment.getOrDefault("HOME", "");
        return Stream.of(environment.getOrDefault("XDG_RUNTIME_DIR", ""), environment.getOrDefault("XDG_CACHE_HOME", ""), home.isEmpty() ? "" : home + "/.cache")
                .filter(base -> base.startsWith("/")).findFirst().map(base -> base + "/thaw").orElse("");
    }

    static CriuVerdicts in(String directory) {
        return new CriuVerdicts(directory);
    }

    /** The version of a criu that is still the file that once worked, on this kernel. */
    Optional<CriuVersion> find(String path) {
        try {
            if (directory.isEmpty() || !isPrivate()) {
                return Optional.empty();
            }
            String wanted = key(path) + "\t";
            for (String entry : entries()) {
                if (entry.startsWith(wanted)) {
                    return CriuVersion.ofText(entry.substring(wanted.length()));
                }
            }
            return Optional.empty();
        } catch (LinuxException unreadable) {
            return Optional.empty(); // the criu is asked again
        }
    }

    void remember(String path, CriuVersion version) {
        if (directory.isEmpty() || path.indexOf('\n') >= 0 || path.indexOf('\t') >= 0) {
            return;
        }
        String temporary = directory + "/." + FILE + "." + ProcessCalls.getpid();
        try {
            makeDirectory();
            if (!isPrivate()) {
                return;
            }
            List<String> entries = new ArrayList<>(List.of(key(path) + "\t" + version));
            entries().stream()
                    .filter(entry -> entry.split("\t", -1).length == FIELDS && !entry.startsWith(path + "\t"))
                    .limit(KEPT - 1L)
                    .forEach(entries::add);
            FileCalls.writeFile(temporary, KernelString.encode(String.join("\n", entries) + "\n"), 0600);
            FileCalls.rename(temporary, directory + "/" + FILE);
        } catch (LinuxException notRemembered) {
            // A full or read-only /run costs time at the next start, nothing else.
            remove(temporary);
        }
    }

    private void makeDirectory() {
        makeDirectory(directory.substring(0, directory.lastIndexOf('/')));
        makeDirectory(directory);
    }

    private static void makeDirectory(String path) {
        try {
            FileCalls.mkdir(path, 0700);
        } catch (LinuxException e) {
            if (!e.is(Errno.EEXIST)) {
                throw e;
            }
        }
    }

    private boolean isPrivate() {
        return FileCalls.lstatIfExists(directory)
                .filter(status -> status.isDirectory() && status.uid() == ProcessCalls.geteuid())
                .filter(status -> (status.permissions() & WRITABLE_BY_OTHERS) == 0)
                .isPresent();
    }

    /** What tells this criu on this kernel from any other; the file's own status, so that a replaced criu is asked again. */
    private static String key(String path) {
        FileStatus status = FileCalls.stat(path);
        String kernel = KernelString.decode(FileCalls.readAll("/proc/sys/kernel/osrelease")).strip();
        return path + "\t" + status.inode() + "\t" + status.modifiedNanos() + "\t" + status.size() + "\t" + kernel;
    }

    private List<String> entries() {
        // O_NONBLOCK: whatever lies there under this name, thaw must not wait for it.
        int flags = OpenFlags.O_RDONLY | OpenFlags.O_NOFOLLOW | OpenFlags.O_NONBLOCK;
        try (OwnedFd file = FileCalls.open(directory + "/" + FILE, flags)) {
            FileStatus status = FileCalls.fstat(file.number());
            if (!status.isRegular() || status.uid() != ProcessCalls.geteuid() || status.size() > LIMIT_BYTES) {
                return List.of();
            }
            return List.of(KernelString.decode(FileCalls.readAll(file.number())).split("\n"));
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT) || e.is(Errno.ELOOP)) {
                return List.of();
            }
            throw e;
        }
    }

    private static void remove(String temporary) {
        try {
            FileCalls.unlink(temporary);
        } catch (LinuxException gone) {
            // it was not there
        }
    }
}
