package dev.thaw.linux;

/** What is in a pipe or FIFO for the next reader. */
public final class UnreadBytes {
    private UnreadBytes() {}

    /**
     * Looks without taking anything out (man 2 tee): somebody may be writing to it and reading from it all the time.
     *
     * @param path of a FIFO, or {@code /proc/PID/fd/N} of either end: it is opened anew
     * @throws LinuxException EACCES where it may not be read
     */
    public static byte[] of(String path) {
        try (OwnedFd reader = FileCalls.open(path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK);
                FdCalls.Pipe copy = FdCalls.pipe2(OpenFlags.O_CLOEXEC | OpenFlags.O_NONBLOCK)) {
            int size = FdCalls.getPipeSize(reader.number());
            FdCalls.setPipeSize(copy.writer().number(), size);
            byte[] bytes = new byte[FdCalls.tee(reader.number(), copy.writer().number(), Integer.MAX_VALUE)];
            int done = 0;
            while (done < bytes.length) {
                done += FileCalls.read(copy.reader().number(), bytes, done, bytes.length - done);
            }
            return bytes;
        }
    }
}
