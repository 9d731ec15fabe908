package dev.thaw.linux;

import static dev.thaw.linux.LibC.check;

import com.sun.jna.Library;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** What the kernel tells about sockets of other processes and {@code /proc} does not: the peers of unix sockets, and the protocol of any. */
public final class SocketDiagnostics {

    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int NETLINK_SOCK_DIAG = 4;
    private static final int SOCK_DIAG_BY_FAMILY = 20;
    private static final int NLM_F_REQUEST_AND_DUMP = 0x301;
    private static final int NLMSG_ERROR = 2;
    private static final int NLMSG_DONE = 3;
    private static final int HEADER_BYTES = 16;
    private static final int REQUEST_BYTES = HEADER_BYTES + 24;
    private static final int UNIX_DIAG_MSG_BYTES = 16;
    private static final int UDIAG_SHOW_NAME_PEER_WAITING_QUEUES = 1 | 4 | 8 | 16;
    private static final int UNIX_DIAG_NAME = 0;
    private static final int UNIX_DIAG_PEER = 2;
    private static final int UNIX_DIAG_ICONS = 3;
    private static final int UNIX_DIAG_RQLEN = 4;
    // The kernel fills messages of at most 32 KiB, and cuts off what does not fit.
    private static final int RECEIVE_BYTES = 1 << 16;
    private static final int LIMIT_MILLIS = 10_000;

    private static final int LISTENING = 10;
    private static final String PROTOCOL_NAME = "system.sockprotoname";

    private static final AttributeLibrary C = LibC.map(AttributeLibrary.class);

    private SocketDiagnostics() {
    }

    interface AttributeLibrary extends Library {
        long getxattr(byte[] path, byte[] name, byte[] value, long size); // getxattr(2)
    }

    /**
     * A unix socket.
     *
     * @param inode as in {@code socket:[inode]}
     * @param type SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET
     * @param state as TCP's: 1 connected, 7 not connected, 10 listening
     * @param peer inode of the socket that it is connected to; empty when there is none, or it is closed, or was not accepted yet
     * @param name the path or, with NUL in front, the abstract name that it is bound to; empty for none
     * @param waiting of a listening one: inodes of the sockets that have connected to it and were not accepted yet
     * @param unsentBytes that it has written and the other side has not read, as the kernel counts them; 0 for a listening one
     */
    public record UnixSocket(long inode, int type, int state, OptionalLong peer, String name, List<Long> waiting, long unsentBytes) {
        public UnixSocket {
            waiting = List.copyOf(waiting);
        }

        public UnixSocket(long inode, int type, int state, OptionalLong peer, String name, List<Long> waiting) {
            this(inode, type, state, peer, name, waiting, 0);
        }
    }

    /** All unix sockets of our network namespace (man 7 sock_diag, linux/unix_diag.h). */
    public static List<UnixSocket> unixSockets() {
        try (OwnedFd netlink = SocketCalls.socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG)) {
            SocketCalls.setTimeouts(netlink.number(), LIMIT_MILLIS);
            FileCalls.writeFully(netlink.number(), request());
            List<UnixSocket> sockets = new ArrayList<>();
            byte[] buffer = new byte[RECEIVE_BYTES];
            boolean more = true;
            while (more) {
                int length = FileCalls.read(netlink.number(), buffer, 0, buffer.length);
                more = parse(ByteBuffer.wrap(buffer, 0, length).order(ByteOrder.nativeOrder()), sockets);
            }
            return List.copyOf(sockets);
        }
    }

    /** All unix sockets of the network namespace of a process; EPERM without the right to enter it. */
    public static List<UnixSocket> unixSockets(int pid) {
        String namespace = "/proc/" + pid + "/ns/net";
        if (FileCalls.readlink(namespace).equals(FileCalls.readlink("/proc/self/ns/net"))) {
            return unixSockets();
        }
        // Only the thread that enters it is in the other namespace, so it is one that ends here.
        CompletableFuture<List<UnixSocket>> answer = new CompletableFuture<>();
        Thread visitor = new Thread(() -> {
            try (OwnedFd there = FileCalls.open(namespace, OpenFlags.O_RDONLY)) {
                ProcessCalls.setns(there.number(), ProcessCalls.CLONE_NEWNET);
                answer.complete(unixSockets());
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        }, "sock_diag");
        visitor.setDaemon(true);
        visitor.start();
        try {
            return answer.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof LinuxException known ? known : e;
        }
    }

    /**
     * The protocol of a socket in the kernel's words: {@code TCP}, {@code UNIX-STREAM}, {@code MPTCP}, {@code AF_VSOCK} (net/socket.c,
     * sockfs_xattr_handlers); empty when the descriptor is no socket, or not open any more.
     */
    public static Optional<String> protocol(int pid, int fd) {
        byte[] name = new byte[64];
        String path = "/proc/" + pid + "/fd/" + fd;
        long length = C.getxattr(LibC.cString(path), LibC.cString(PROTOCOL_NAME), name, name.length);
        if (length < 0) {
            int errno = LibC.errno();
            if (errno == Errno.EOPNOTSUPP || errno == Errno.ENOENT || errno == Errno.ESRCH) {
                return Optional.empty();
            }
            check(length, "getxattr(?, ?)", path, PROTOCOL_NAME);
        }
        return Optional.of(LibC.fromBuffer(name));
    }

    private static byte[] request() {
        ByteBuffer request = ByteBuffer.allocate(REQUEST_BYTES).order(ByteOrder.nativeOrder());
        request.putInt(REQUEST_BYTES).putShort((short) SOCK_DIAG_BY_FAMILY).putShort((short) NLM_F_REQUEST_AND_DUMP).putInt(1).putInt(0);
        int allStates = -1;
        request.put((byte) SocketCalls.AF_UNIX).put((byte) 0).putShort((short) 0).putInt(allStates).putInt(0).putInt(UDIAG_SHOW_NAME_PEER_WAITING_QUEUES);
        return request.array();
    }

    /** Adds the sockets of one received block; false when it was the last. */
    static boolean parse(ByteBuffer block, List<UnixSocket> sockets) {
        int at = block.position();
        while (at + HEADER_BYTES <= block.limit()) {
            int length = block.getInt(at);
            int type = block.getShort(at + 4);
            if (length < HEADER_BYTES || at + length > block.limit()) {
                throw new IllegalArgumentException("netlink message of " + length + " bytes at " + at + " of " + block.limit());
            }
            if (type == NLMSG_DONE) {
                return false;
            }
            if (type == NLMSG_ERROR) {
                throw LibC.failed(-block.getInt(at + HEADER_BYTES), "sock_diag(AF_UNIX)");
            }
            sockets.add(socket(block, at + HEADER_BYTES, at + length));
            at += aligned(length);
        }
        return true;
    }

    private static UnixSocket socket(ByteBuffer block, int start, int end) {
        OptionalLong peer = OptionalLong.empty();
        String name = "";
        List<Long> waiting = new ArrayList<>();
        long queued = 0;
        int at = start + UNIX_DIAG_MSG_BYTES;
        while (at + 4 <= end) {
            int length = block.getShort(at) & 0xffff;
            int type = block.getShort(at + 2) & 0xffff;
            if (length < 4 || at + length > end) {
                throw new IllegalArgumentException("netlink attribute of " + length + " bytes at " + at + " of " + end);
            }
            if (type == UNIX_DIAG_PEER && block.getInt(at + 4) != 0) {
                peer = OptionalLong.of(Integer.toUnsignedLong(block.getInt(at + 4)));
            } else if (type == UNIX_DIAG_ICONS) {
                for (int icon = at + 4; icon + 4 <= at + length; icon += 4) {
                    waiting.add(Integer.toUnsignedLong(block.getInt(icon)));
                }
            } else if (type == UNIX_DIAG_RQLEN && length >= 12) {
                queued = Integer.toUnsignedLong(block.getInt(at + 8));
            } else if (type == UNIX_DIAG_NAME) {
                name = KernelString.decode(block.array(), block.arrayOffset() + at + 4, length - 4);
            }
            at += aligned(length);
        }
        long inode = Integer.toUnsignedLong(block.getInt(start + 4));
        int state = block.get(start + 2);
        return new UnixSocket(inode, block.get(start + 1), state, peer, pathOf(name), waiting, state == LISTENING ? 0 : queued);
    }

    /** A path may come with the NUL that ends it; in an abstract name every byte counts. */
    private static String pathOf(String name) {
        return name.endsWith("\0") && name.charAt(0) != 0 ? name.substring(0, name.indexOf('\0')) : name;
    }

    private static int aligned(int length) {
        return length + 3 & ~3;
    }
}
