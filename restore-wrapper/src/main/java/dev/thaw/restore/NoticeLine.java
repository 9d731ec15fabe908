package dev.thaw.restore;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.report.Report;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** {@code --notify-fd N}: a line into the pipe or FIFO that the application has as descriptor N, whichever end of it that is. */
final class NoticeLine {
    private NoticeLine() {}

    /** @param seconds that passed meanwhile; empty when that is not known */
    static void write(int descriptor, int pid, String what, String seconds, Report report) {
        String why = attempt("/proc/" + pid + "/fd/" + descriptor, (what + " " + seconds).strip() + "\n");
        if (!why.isEmpty()) {
            report.warning("fd " + descriptor + " of pid " + pid + " was not told that it was " + what, List.of(why), List.of("without --notify-fd"));
        }
    }

    /** @return why not, or nothing */
    private static String attempt(String link, String line) {
        // Looked at before it is opened: thaw may write where the application may not, and opening a device can do harm.
        try (OwnedFd it = FileCalls.open(link, OpenFlags.O_PATH | OpenFlags.O_CLOEXEC)) {
            if (!FileCalls.fstat(it.number()).isFifo()) {
                return "it is neither a pipe nor a FIFO";
            }
            // A description of its own, so that the application's stays blocking.
            try (OwnedFd writer = FileCalls.open("/proc/self/fd/" + it.number(), OpenFlags.O_WRONLY | OpenFlags.O_NONBLOCK | OpenFlags.O_CLOEXEC)) {
                byte[] bytes = line.getBytes(StandardCharsets.US_ASCII);
                FileCalls.write(writer.number(), bytes, 0, bytes.length); // all or nothing: shorter than PIPE_BUF (man 7 pipe)
                return "";
            }
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT)) {
                return "it has no such descriptor";
            }
            return e.is(Errno.EAGAIN) ? "the pipe is full" : e.is(Errno.ENXIO) || e.is(Errno.EPIPE) ? "nobody reads from it" : e.getMessage();
        }
    }
}
