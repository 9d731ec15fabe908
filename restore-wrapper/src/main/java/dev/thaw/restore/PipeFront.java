package dev.thaw.restore;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.UnreadBytes;
import java.time.Duration;
import java.util.Arrays;

/** The bytes that the next reader of a pipe will get first. Nobody reads from it meanwhile; others may write to it all the time. */
final class PipeFront {
    /** The kernel has nothing that keeps a writer out: it is tried until none came between. */
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private PipeFront() {}

    /**
     * Puts bytes before all that is in there. Everything is taken out at once and written at once, with these bytes first. What somebody
     * wrote between the two stands in front then, which is looked for; so all is taken out again, for the next try.
     *
     * @param pipe open for both ways, O_NONBLOCK
     * @throws LinuxException EPERM when there is no room, EBUSY when others came between all the time; what they wrote is in there, as far as it has room
     */
    static void put(int pipe, byte[] first) {
        byte[] ours = first;
        long end = System.nanoTime() + LIMIT.toNanos();
        try {
            while (true) {
                makeRoom(pipe, ours.length + FdCalls.bytesAvailable(pipe));
                byte[] all = joined(ours, takeAll(pipe));
                int done = write(pipe, all);
                if (done == all.length && startsWith(UnreadBytes.of("/proc/self/fd/" + pipe), all)) {
                    return;
                }
                ours = joined(all, without(takeAll(pipe), Arrays.copyOf(all, done)));
                if (System.nanoTime() > end) {
                    throw new LinuxException("write(pipe), with others writing all the time", new Errno(Errno.EBUSY));
                }
            }
        } catch (LinuxException e) {
            byte[] others = Arrays.copyOfRange(ours, first.length, ours.length);
            write(pipe, joined(others, takeAll(pipe)));
            throw e;
        }
    }

    static boolean startsWith(byte[] bytes, byte[] beginning) {
        return bytes.length >= beginning.length && Arrays.equals(bytes, 0, beginning.length, beginning, 0, beginning.length);
    }

    /** More than is needed where that is allowed, so that what a writer adds meanwhile finds room too. */
    private static void makeRoom(int pipe, int bytes) {
        if (bytes > FdCalls.getPipeSize(pipe)) {
            try {
                FdCalls.setPipeSize(pipe, 2 * bytes);
            } catch (LinuxException tooMuch) {
                FdCalls.setPipeSize(pipe, bytes);
            }
        }
    }

    /** By one read(2), which no writer comes between. */
    private static byte[] takeAll(int pipe) {
        byte[] buffer = new byte[FdCalls.getPipeSize(pipe)];
        try {
            return Arrays.copyOf(buffer, FileCalls.read(pipe, buffer, 0, buffer.length));
        } catch (LinuxException e) {
            if (e.is(Errno.EAGAIN)) {
                return new byte[0];
            }
            throw e;
        }
    }

    /** @return how many found room */
    private static int write(int pipe, byte[] bytes) {
        try {
            return bytes.length == 0 ? 0 : FileCalls.write(pipe, bytes, 0, bytes.length);
        } catch (LinuxException e) {
            if (e.is(Errno.EAGAIN)) {
                return 0;
            }
            throw e;
        }
    }

    private static byte[] joined(byte[] one, byte[] other) {
        byte[] all = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, all, one.length, other.length);
        return all;
    }

    /** @param part is in there, in one piece */
    private static byte[] without(byte[] bytes, byte[] part) {
        int at = 0;
        while (!Arrays.equals(bytes, at, at + part.length, part, 0, part.length)) {
            at++;
        }
        return joined(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, at + part.length, bytes.length));
    }
}
