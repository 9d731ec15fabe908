package dev.thaw.restore;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.UnreadBytes;
import dev.thaw.plan.Handover;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.List;

/** Puts the bytes that were unread at the dump before those that are in the new pipe: the application reads all of them, in order. */
final class Replay {
    private Replay() {}

    /** @param fd the pipe or FIFO that is handed over; any other kind has no place for the bytes and is left alone */
    static void write(Handover handover, int fd) {
        FileStatus status = FileCalls.fstat(fd);
        if (!status.isFifo()) {
            return;
        }
        byte[] unread = handover.replay().content();
        // A pipe is opened again through /proc for both ways: what we were given may be its reading end only.
        if (isTheOldOne(handover, status) && PipeFront.startsWith(UnreadBytes.of("/proc/self/fd/" + fd), unread)) {
            return;
        }
        try (OwnedFd both = FileCalls.open("/proc/self/fd/" + fd, OpenFlags.O_RDWR | OpenFlags.O_NONBLOCK)) {
            PipeFront.put(both.number(), unread);
        } catch (LinuxException e) {
            throw failure(handover.what(), unread.length, e);
        }
    }

    /** @param e EBUSY as {@link PipeFront#put} throws it, or whatever the kernel says */
    static Failure failure(String pipe, int bytes, LinuxException e) {
        boolean busy = e.is(Errno.EBUSY);
        return new Failure(ExitCode.SOURCE, bytes + " unread bytes of " + pipe + (busy ? " cannot be put before those of its other writers" : " do not fit into the new pipe"),
                List.of(e.getMessage()), List.of(busy ? "again when they write less, or start them after the restore"
                        : "hand over a pipe with room: see /proc/sys/fs/pipe-max-size"), e);
    }

    /** Somebody kept the application's own pipe open, and so what was in it. Another boot may give its number to another pipe. */
    private static boolean isTheOldOne(Handover handover, FileStatus status) {
        return handover.what().equals("pipe:[" + status.inode() + "]");
    }
}
