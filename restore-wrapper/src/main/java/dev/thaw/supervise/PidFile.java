package dev.thaw.supervise;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** A file with one line, the pid. It appears with its content or not at all. */
public final class PidFile {
    private static final int MODE = 0644;

    private PidFile() {}

    /**
     * Writes or replaces the file.
     *
     * @throws Failure when it cannot be written, or something other than a file has the name: a link there is more likely a trap
     */
    public static void write(String path, int pid) {
        try {
            Optional<FileStatus> there = FileCalls.lstatIfExists(path);
            if (there.isPresent() && !there.get().isRegular()) {
                throw Failure.of(
                        ExitCode.FAILURE, "the pid file cannot be written: " + path, "something that is no regular file has this name", "rm " + path);
            }
            String temporary = temporary(path);
            replace(temporary, path, content(pid));
        } catch (LinuxException e) {
            throw new Failure(
                    ExitCode.FAILURE,
                    "the pid file cannot be written: " + path,
                    List.of(e.getMessage()),
                    List.of("--pid-file with a path that can"),
                    e);
        }
    }

    /** Removes the file if it still holds this pid; whatever goes wrong is no reason to fail. */
    public static void remove(String path, int pid) {
        try {
            if (new String(FileCalls.readAll(path, 100), StandardCharsets.US_ASCII).equals(text(pid))) {
                FileCalls.unlink(path);
            }
        } catch (LinuxException goneOrNotOurs) {
            return;
        }
    }

    private static void replace(String temporary, String path, byte[] content) {
        int flags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_NOFOLLOW;
        try (OwnedFd file = FileCalls.open(temporary, flags, MODE)) {
            FileCalls.writeFully(file.number(), content);
            // Who waits for us by this file may be another user, whatever our umask.
            FileCalls.fchmod(file.number(), MODE);
            FileCalls.rename(temporary, path);
        } catch (LinuxException e) {
            if (!e.is(Errno.EEXIST)) {
                unlinkQuietly(temporary);
            }
            throw e;
        }
    }

    private static void unlinkQuietly(String path) {
        try {
            FileCalls.unlink(path);
        } catch (LinuxException notThere) {
            return;
        }
    }

    private static String temporary(String path) {
        int slash = path.lastIndexOf('/') + 1;
        return path.substring(0, slash) + "." + path.substring(slash) + "." + ProcessCalls.getpid();
    }

    private static byte[] content(int pid) {
        return text(pid).getBytes(StandardCharsets.US_ASCII);
    }

    private static String text(int pid) {
        return pid + "\n";
    }
}
