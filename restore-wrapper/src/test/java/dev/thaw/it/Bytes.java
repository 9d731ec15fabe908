package dev.thaw.it;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Arrays;

/** Reading from and writing to descriptors of the test, with a limit; text is UTF-8. */
public final class Bytes {
    private static final int POLLIN = 1;
    private static final int CHUNK = 65536;

    private Bytes() {}

    public static void write(int fd, String text) {
        FileCalls.writeFully(fd, text.getBytes(UTF_8));
    }

    /**
     * Reads until the text has come, and not a byte more: what follows is for the next call. Not for sockets that keep messages apart:
     * their rest would be lost.
     *
     * @return all that has come, the text being its end
     */
    public static String readUntil(int fd, String text) {
        ByteArrayOutputStream got = new ByteArrayOutputStream();
        byte[] wanted = text.getBytes(UTF_8);
        long end = end();
        while (!endsWith(got.toByteArray(), wanted)) {
            awaitReadable(fd, end, "'" + text + "'", got);
            if (!readSome(fd, 1, got)) {
                throw new AssertionError("end of file from descriptor " + fd + " before '" + text + "', after '" + got + "'");
            }
        }
        return got.toString(UTF_8);
    }

    /** Reads to the end of the file, which for a pipe is when nobody has it open for writing any more. */
    public static String readToEnd(int fd) {
        ByteArrayOutputStream got = new ByteArrayOutputStream();
        long end = end();
        do {
            awaitReadable(fd, end, "the end of file", got);
        } while (readSome(fd, CHUNK, got));
        return got.toString(UTF_8);
    }

    /** What can be read at this moment, perhaps nothing. */
    public static String available(int fd) {
        ByteArrayOutputStream got = new ByteArrayOutputStream();
        while (isReadable(fd, 0) && readSome(fd, CHUNK, got)) {
            // until there is nothing left
        }
        return got.toString(UTF_8);
    }

    private static long end() {
        return System.nanoTime() + Await.LIMIT.toNanos();
    }

    private static void awaitReadable(int fd, long endNanos, String what, ByteArrayOutputStream got) {
        long leftMillis = Duration.ofNanos(endNanos - System.nanoTime()).toMillis();
        if (leftMillis <= 0 || !isReadable(fd, leftMillis)) {
            throw new AssertionError("not within " + Await.LIMIT.toMillis() + " ms from descriptor " + fd + ": " + what + ", only '"
                    + got.toString(UTF_8) + "'");
        }
    }

    /** Errors and hang-ups count as readable: the read then tells. */
    private static boolean isReadable(int fd, long millis) {
        return FdCalls.poll(new int[] {fd}, POLLIN, millis)[0] != 0;
    }

    /** @return false at the end of file */
    private static boolean readSome(int fd, int most, ByteArrayOutputStream into) {
        byte[] buffer = new byte[most];
        try {
            int count = FileCalls.read(fd, buffer, 0, most);
            into.write(buffer, 0, count);
            return count > 0;
        } catch (LinuxException e) {
            if (e.is(Errno.EIO)) { // a terminal's master whose last slave is closed
                return false;
            }
            throw e;
        }
    }

    private static boolean endsWith(byte[] all, byte[] end) {
        return all.length >= end.length
                && Arrays.equals(all, all.length - end.length, all.length, end, 0, end.length);
    }
}
