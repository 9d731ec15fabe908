package dev.thaw.restore;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.plan.Handover;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.Arrays;
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
        if (isTheOldOne(handover, status) && hasThemStill(fd, unread)) {
            return;
        }
        try (OwnedFd both = FileCalls.open("/proc/self/fd/" + fd, OpenFlags.O_RDWR | OpenFlags.O_NONBLOCK)) {
            byte[] newer = drain(both.number());
            try {
                makeRoom(both.number(), unread.length + newer.length);
                FileCalls.writeFully(both.number(), unread);
            } finally {
                FileCalls.writeFully(both.number(), newer);
            }
        } catch (dev.thaw.linux.LinuxException e) {
            throw new Failure(ExitCode.SOURCE, unread.length + " unread bytes of " + handover.what() + " do not fit into the new pipe",
                    List.of(e.getMessage()), List.of("hand over a pipe with room: see /proc/sys/fs/pipe-max-size"), e);
        }
    }

    private static void makeRoom(int pipe, int bytes) {
        if (bytes > FdCalls.getPipeSize(pipe)) {
            FdCalls.setPipeSize(pipe, bytes);
        }
    }

    /** Somebody kept the application's own pipe open, and so what was in it. Another boot may give its number to another pipe. */
    private static boolean isTheOldOne(Handover handover, FileStatus status) {
        return handover.what().equals("pipe:[" + status.inode() + "]");
    }

    /** Looked at without taking anything out: somebody may be writing to it all the time. */
    private static boolean hasThemStill(int fd, byte[] unread) {
        try (OwnedFd reader = FileCalls.open("/proc/self/fd/" + fd, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK);
                FdCalls.Pipe copy = FdCalls.pipe2(OpenFlags.O_NONBLOCK)) {
            FdCalls.setPipeSize(copy.writer().number(), FdCalls.getPipeSize(reader.number()));
            FdCalls.tee(reader.number(), copy.writer().number(), Integer.MAX_VALUE);
            return startsWith(drain(copy.reader().number()), unread);
        }
    }

    private static boolean startsWith(byte[] bytes, byte[] beginning) {
        return bytes.length >= beginning.length && Arrays.equals(bytes, 0, beginning.length, beginning, 0, beginning.length);
    }

    private static byte[] drain(int fd) {
        int available = FdCalls.bytesAvailable(fd);
        byte[] newer = new byte[available];
        int done = 0;
        while (done < available) {
            int count = FileCalls.read(fd, newer, done, available - done);
            if (count <= 0) {
                break;
            }
            done += count;
        }
        return Arrays.copyOf(newer, done);
    }
}
