package dev.thaw.linux;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.List;

/**
 * A {@code struct msghdr} with one buffer and room for SCM_RIGHTS (man 3 cmsg, man 7 unix), in memory that {@link #close} frees.
 *
 * <p>Layout on 64-bit: msghdr of 56 bytes, iovec of 16, then payload and control area.
 */
final class DescriptorMessage implements AutoCloseable {

    static final int MSGHDR_BYTES = 56;
    static final int CMSGHDR_BYTES = 16;

    /** SCM_MAX_FD: the kernel refuses more in one message. */
    static final int MAX_FDS = 253;

    private static final int IOVEC_BYTES = 16;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final long NONE = 0;

    private final Memory block;
    private final long payloadAt = MSGHDR_BYTES + IOVEC_BYTES;
    private final long controlAt;

    private DescriptorMessage(int payloadBytes, int maxFds) {
        controlAt = payloadAt + aligned(payloadBytes);
        long controlBytes = maxFds == 0 ? NONE : CMSGHDR_BYTES + aligned(4L * maxFds);
        block = new Memory(controlAt + controlBytes + CMSGHDR_BYTES);
        block.clear();
        block.setPointer(16, block.share(MSGHDR_BYTES));
        block.setLong(24, 1);
        block.setPointer(MSGHDR_BYTES, block.share(payloadAt));
        block.setLong(MSGHDR_BYTES + 8, payloadBytes);
        block.setPointer(32, controlBytes == NONE ? Pointer.NULL : block.share(controlAt));
        block.setLong(40, controlBytes);
    }

    static DescriptorMessage toSend(byte[] payload, int[] fds) {
        DescriptorMessage message = new DescriptorMessage(payload.length, fds.length);
        message.block.write(message.payloadAt, payload, 0, payload.length);
        if (fds.length > 0) {
            message.block.setLong(message.controlAt, CMSGHDR_BYTES + 4L * fds.length);
            message.block.setInt(message.controlAt + 8, SOL_SOCKET);
            message.block.setInt(message.controlAt + 12, SCM_RIGHTS);
            message.block.write(message.controlAt + CMSGHDR_BYTES, fds, 0, fds.length);
        }
        return message;
    }

    static DescriptorMessage toReceive(int maxBytes, int maxFds) {
        return new DescriptorMessage(maxBytes, maxFds);
    }

    Pointer pointer() {
        return block;
    }

    byte[] payload(int bytes) {
        return block.getByteArray(payloadAt, bytes);
    }

    /** MSG_* flags that recvmsg left. */
    int flags() {
        return block.getInt(48);
    }

    /** All descriptors that came, owned by the caller; alignment may make room for one more than was asked for. */
    List<OwnedFd> descriptors() {
        List<OwnedFd> fds = new ArrayList<>();
        long end = controlAt + block.getLong(40);
        long at = controlAt;
        while (at + CMSGHDR_BYTES <= end) {
            long length = block.getLong(at);
            if (block.getInt(at + 8) == SOL_SOCKET && block.getInt(at + 12) == SCM_RIGHTS) {
                for (long fd = at + CMSGHDR_BYTES; fd + 4 <= at + length; fd += 4) {
                    fds.add(OwnedFd.of(block.getInt(fd)));
                }
            }
            at += Math.max(CMSGHDR_BYTES, aligned(length));
        }
        return fds;
    }

    @Override
    public void close() {
        block.close();
    }

    private static long aligned(long bytes) {
        return bytes + 7 & ~7L;
    }
}
