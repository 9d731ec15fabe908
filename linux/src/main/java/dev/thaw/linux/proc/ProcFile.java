package dev.thaw.linux.proc;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import java.util.Optional;

/** Reads files below {@code /proc} as text. */
final class ProcFile {

    private ProcFile() {
    }

    static String read(String path) {
        return KernelString.decode(FileCalls.readProc(path));
    }

    /** Empty when the process is gone, be it before the open or between open and read. */
    static Optional<String> readIfAlive(String path) {
        try {
            return Optional.of(read(path));
        } catch (LinuxException e) {
            if (isGone(e)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    static boolean isGone(LinuxException e) {
        return e.is(Errno.ENOENT) || e.is(Errno.ESRCH);
    }
}
