package dev.thaw.linux;

import static dev.thaw.linux.LibC.check;
import static dev.thaw.linux.LibC.interrupted;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** System calls on descriptors of any kind; EBADF when the number is not open. */
public final class FdCalls {

    /** Mark the range close-on-exec in place of closing it (man 2 close_range, Linux 5.11). */
    public static final int CLOSE_RANGE_CLOEXEC = 4;

    public static final int POLLIN = 0x01;
    public static final int POLLPRI = 0x02;
    public static final int POLLOUT = 0x04;
    public static final int POLLERR = 0x08;
    public static final int POLLHUP = 0x10;
    public static final int POLLNVAL = 0x20;

    /** The descriptor's memory can be sealed (man 2 memfd_create). */
    public static final int MFD_ALLOW_SEALING = 2;

    static final int POLLFD_BYTES = 8;

    private static final int F_GETFD = 1;
    private static final int F_SETFD = 2;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int F_SETSIG = 10;
    private static final int F_GETSIG = 11;
    private static final int F_SETOWN_EX = 15;
    private static final int F_GETOWN_EX = 16;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int F_SETPIPE_SZ = 1031;
    private static final int F_GETPIPE_SZ = 1032;
    private static final int FD_CLOEXEC = 1;
    private static final int F_OWNER_PID = 1;
    private static final int F_OWNER_PGRP = 2;
    private static final int SPLICE_F_NONBLOCK = 2;
    private static final int MFD_CLOEXEC = 1;
    private static final long FIONREAD = 0x541B;

    private static final FdLibrary C = new FdLibrary();

    private FdCalls() {
    }

    /** Both ends of a pipe, owned by this value. */
    public record Pipe(OwnedFd reader, OwnedFd writer) implements AutoCloseable {
        @Override
        public void close() {
            try {
                writer.close();
            } finally {
                reader.close();
            }
        }
    }

    /** Access mode and status flags of the open file description, never O_CLOEXEC (man 2 fcntl, F_GETFL). */
    public static int getFlags(int fd) {
        int flags = C.fcntl(fd, F_GETFL, 0);
        check(flags, "fcntl(?, F_GETFL)", fd);
        return flags;
    }

    /** Sets O_APPEND, O_ASYNC, O_DIRECT, O_NOATIME and O_NONBLOCK for all who share the description; other bits are ignored (F_SETFL). */
    public static void setFlags(int fd, int flags) {
        check(C.fcntl(fd, F_SETFL, flags), "fcntl(?, F_SETFL, ?)", fd, OpenFlags.named(flags));
    }

    /** Whether it is open and a program that this process becomes, or starts without further ado, has it: in one look, as other threads close theirs. */
    public static boolean isPassedOn(int fd) {
        int flags = C.fcntl(fd, F_GETFD, 0);
        return flags >= 0 && (flags & FD_CLOEXEC) == 0;
    }

    /** Whether the number stands for an open descriptor of this process. */
    public static boolean isOpen(int fd) {
        return C.fcntl(fd, F_GETFD, 0) >= 0;
    }

    /** Whether the descriptor is closed by exec (F_GETFD). */
    public static boolean isCloseOnExec(int fd) {
        int flags = C.fcntl(fd, F_GETFD, 0);
        check(flags, "fcntl(?, F_GETFD)", fd);
        return (flags & FD_CLOEXEC) != 0;
    }

    /**
     * Sets whether exec closes the descriptor. Off is for {@link ProcessCalls#execve} only: any child started meanwhile gets it (F_SETFD).
     */
    public static void setCloseOnExec(int fd, boolean on) {
        check(C.fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0), "fcntl(?, F_SETFD, ?)", fd, on ? 1 : 0);
    }

    /** Makes {@code to} a descriptor for what {@code from} is, not close-on-exec; what {@code to} was is closed (man 2 dup2). */
    public static void dup2(int from, int to) {
        int result;
        do {
            result = C.dup2(from, to);
        } while (interrupted(result));
        check(result, "dup2(?, ?)", from, to);
    }

    /** As {@link #dup2}, with O_CLOEXEC or 0 as flags; EINVAL when both numbers are the same (man 2 dup3). */
    public static void dup3(int from, int to, int flags) {
        int result;
        do {
            result = C.dup3(from, to, flags);
        } while (interrupted(result));
        check(result, "dup3(?, ?, ?)", from, to, OpenFlags.named(flags));
    }

    /** A pipe, both ends close-on-exec; {@code flags} may hold O_NONBLOCK and O_DIRECT (man 2 pipe2). The caller owns both ends. */
    public static Pipe pipe2(int flags) {
        int[] ends = new int[2];
        check(C.pipe2(ends, flags | OpenFlags.O_CLOEXEC), "pipe2(?)", OpenFlags.named(flags));
        return new Pipe(OwnedFd.of(ends[0]), OwnedFd.of(ends[1]));
    }

    /**
     * Closes, or with {@link #CLOSE_RANGE_CLOEXEC} marks, all open numbers from {@code first} to {@code last}, both included; {@code last}
     * -1 is no end (man 2 close_range). Closing takes descriptors away from the JVM too.
     */
    public static void closeRange(int first, int last, int flags) {
        check(C.close_range(first, last, flags), "close_range(?, ?, ?)", first, last, flags);
    }

    /** Bytes that can be read at once; ENOTTY for kinds that do not count (man 2 ioctl_fionread). */
    public static int bytesAvailable(int fd) {
        int[] count = new int[1];
        check(C.ioctl(fd, FIONREAD, count), "ioctl(?, FIONREAD)", fd);
        return count[0];
    }

    /** A file that lives in memory, close-on-exec, owned by the caller (man 2 memfd_create). */
    public static OwnedFd memfdCreate(String name, int flags) {
        int fd = C.memfd_create(LibC.cString(name), flags | MFD_CLOEXEC);
        check(fd, "memfd_create(?, ?)", name, flags);
        return OwnedFd.of(fd);
    }

    /**
     * Copies what is in a pipe into another, and takes nothing out; does not wait (man 2 tee, SPLICE_F_NONBLOCK).
     *
     * @return bytes copied, 0 when there are none
     * @throws LinuxException EINVAL when one is no pipe or both are the same, EBADF without the access mode
     */
    public static int tee(int from, int to, int maxBytes) {
        long count;
        do {
            count = C.tee(from, to, maxBytes, SPLICE_F_NONBLOCK);
        } while (interrupted(count));
        if (count < 0 && LibC.errno() == Errno.EAGAIN) {
            return 0;
        }
        check(count, "tee(?, ?, ?)", from, to, maxBytes);
        return (int) count;
    }

    /** Capacity of a pipe, bytes (F_GETPIPE_SZ). */
    public static int getPipeSize(int fd) {
        int size = C.fcntl(fd, F_GETPIPE_SZ, 0);
        check(size, "fcntl(?, F_GETPIPE_SZ)", fd);
        return size;
    }

    /** Asks for a capacity in bytes and returns what it became; EPERM above pipe-max-size, EBUSY when more is in it (F_SETPIPE_SZ). */
    public static int setPipeSize(int fd, int bytes) {
        int size = C.fcntl(fd, F_SETPIPE_SZ, bytes);
        check(size, "fcntl(?, F_SETPIPE_SZ, ?)", fd, bytes);
        return size;
    }

    /** Whom SIGIO for this description goes to: a pid (or thread id), a process group as negative number, 0 for nobody (F_GETOWN_EX). */
    public static int getOwner(int fd) {
        int[] owner = new int[2];
        check(C.fcntl(fd, F_GETOWN_EX, owner), "fcntl(?, F_GETOWN_EX)", fd);
        return owner[0] == F_OWNER_PGRP ? -owner[1] : owner[1];
    }

    /** Sets whom SIGIO goes to: a pid, a process group as negative number, 0 for nobody; ESRCH when there is none (F_SETOWN_EX). */
    public static void setOwner(int fd, int pid) {
        int[] owner = pid < 0 ? new int[] {F_OWNER_PGRP, -pid} : new int[] {F_OWNER_PID, pid};
        check(C.fcntl(fd, F_SETOWN_EX, owner), "fcntl(?, F_SETOWN_EX, ?)", fd, pid);
    }

    /** The signal sent in place of SIGIO, 0 for SIGIO itself (F_GETSIG). */
    public static int getSignal(int fd) {
        int signal = C.fcntl(fd, F_GETSIG, 0);
        check(signal, "fcntl(?, F_GETSIG)", fd);
        return signal;
    }

    /** Sets the signal sent in place of SIGIO, 0 for SIGIO itself (F_SETSIG). */
    public static void setSignal(int fd, int signal) {
        check(C.fcntl(fd, F_SETSIG, signal), "fcntl(?, F_SETSIG, ?)", fd, signal);
    }

    /**
     * Waits until one of the descriptors is ready (man 2 poll).
     *
     * @param fds numbers; a negative one is skipped
     * @param events POLL* bits, the same for all
     * @param timeoutMillis 0 does not wait, negative waits without limit
     * @return what is the case for each, POLLERR, POLLHUP and POLLNVAL included whether asked for or not; all 0 when the time passed
     */
    public static short[] poll(int[] fds, int events, long timeoutMillis) {
        long start = System.nanoTime();
        ByteBuffer structs = ByteBuffer.allocate(fds.length * POLLFD_BYTES).order(ByteOrder.nativeOrder());
        for (int i = 0; i < fds.length; i++) {
            structs.putInt(i * POLLFD_BYTES, fds[i]).putShort(i * POLLFD_BYTES + 4, (short) events);
        }
        int result;
        do {
            result = C.poll(structs.array(), fds.length, remainingMillis(start, timeoutMillis));
        } while (interrupted(result));
        check(result, "poll(?, ?)", fds.length, timeoutMillis);
        short[] happened = new short[fds.length];
        for (int i = 0; i < fds.length; i++) {
            happened[i] = structs.getShort(i * POLLFD_BYTES + 6);
        }
        return happened;
    }

    /** Another descriptor for what {@code fd} is, with the lowest free number from {@code min} on; the caller owns it (F_DUPFD_CLOEXEC). */
    public static OwnedFd duplicate(int fd, int min) {
        int copy = C.fcntl(fd, F_DUPFD_CLOEXEC, min);
        check(copy, "fcntl(?, F_DUPFD_CLOEXEC, ?)", fd, min);
        return OwnedFd.of(copy);
    }

    // Not repeated on EINTR: Linux has closed the descriptor by then, and the number may already be somebody else's.
    static void close(int fd) {
        int result = C.close(fd);
        if (result < 0 && !interrupted(result)) {
            throw LibC.failed("close(?)", fd);
        }
    }

    private static int remainingMillis(long startNanos, long timeoutMillis) {
        if (timeoutMillis < 0) {
            return -1;
        }
        long left = timeoutMillis - (System.nanoTime() - startNanos) / 1_000_000;
        return (int) Math.max(0, Math.min(left, Integer.MAX_VALUE));
    }
}
