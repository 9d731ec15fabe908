package dev.thaw.linux;

import static dev.thaw.linux.LibC.check;
import static dev.thaw.linux.LibC.interrupted;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Optional;

/** waitid(2) on our children, one at a time: waiting for any child would steal the exit status of those that the JDK started. */
final class ChildWait {

    static final int P_ALL = 0;
    static final int P_PID = 1;
    static final int WNOHANG = 1;
    static final int WEXITED = 4;
    static final int WNOWAIT = 0x01000000;

    // siginfo_t on 64-bit: signal, errno, code, padding, then for SIGCHLD pid, uid, status (asm-generic/siginfo.h)
    static final int SIGINFO_BYTES = 128;
    static final int CODE_AT = 8;
    static final int PID_AT = 16;
    static final int STATUS_AT = 24;

    private static final int CLD_EXITED = 1;
    private static final int CLD_DUMPED = 3;

    private ChildWait() {
    }

    static Optional<WaitStatus> status(int pid, int options) {
        ByteBuffer siginfo = waitid(P_PID, pid, options);
        if (siginfo.getInt(PID_AT) == 0) {
            return Optional.empty();
        }
        int code = siginfo.getInt(CODE_AT);
        int status = siginfo.getInt(STATUS_AT);
        return Optional.of(code == CLD_EXITED ? new WaitStatus.Exited(status) : new WaitStatus.Signaled(status, code == CLD_DUMPED));
    }

    static Optional<WaitStatus> statusWithin(int pid, Duration limit) {
        long start = System.nanoTime();
        Optional<WaitStatus> status = status(pid, WEXITED | WNOHANG);
        if (status.isPresent()) {
            return status;
        }
        try (OwnedFd pidfd = ProcessCalls.pidfdOpen(pid)) {
            long left = limit.toMillis() - (System.nanoTime() - start) / 1_000_000;
            FdCalls.poll(new int[] {pidfd.number()}, FdCalls.POLLIN, Math.max(0, left));
            return status(pid, WEXITED | WNOHANG);
        }
    }

    /** Pid of a child that has ended and is not reaped yet; it stays so. */
    static Optional<Integer> anyExited() {
        byte[] siginfo = new byte[SIGINFO_BYTES];
        int result;
        do {
            result = ProcessCalls.C.waitid(P_ALL, 0, siginfo, WEXITED | WNOWAIT | WNOHANG);
        } while (interrupted(result));
        if (result < 0 && LibC.errno() == Errno.ECHILD) {
            return Optional.empty();
        }
        check(result, "waitid(P_ALL)");
        int pid = fields(siginfo).getInt(PID_AT);
        return pid == 0 ? Optional.empty() : Optional.of(pid);
    }

    /** Whether there is any child to wait for. */
    static boolean anyChild() {
        int result;
        do {
            result = ProcessCalls.C.waitid(P_ALL, 0, new byte[SIGINFO_BYTES], WEXITED | WNOWAIT | WNOHANG);
        } while (interrupted(result));
        return result == 0 || LibC.errno() != Errno.ECHILD;
    }

    private static ByteBuffer waitid(int idType, int id, int options) {
        byte[] siginfo = new byte[SIGINFO_BYTES];
        int result;
        do {
            result = ProcessCalls.C.waitid(idType, id, siginfo, options);
        } while (interrupted(result));
        check(result, "waitid(?, ?, ?)", idType, id, LibC.hex(options));
        return fields(siginfo);
    }

    private static ByteBuffer fields(byte[] siginfo) {
        return ByteBuffer.wrap(siginfo).order(ByteOrder.nativeOrder());
    }
}
