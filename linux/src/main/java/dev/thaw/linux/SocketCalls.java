package dev.thaw.linux;

import static dev.thaw.linux.LibC.check;
import static dev.thaw.linux.LibC.interrupted;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** System calls on sockets, and descriptors passed over them. */
public final class SocketCalls {

    public static final int AF_UNIX = 1;
    public static final int AF_INET = 2;
    public static final int AF_INET6 = 10;
    public static final int SOCK_STREAM = 1;
    public static final int SOCK_DGRAM = 2;
    public static final int SOCK_SEQPACKET = 5;
    public static final int SOCK_NONBLOCK = 04000;
    public static final int SHUT_RD = 0;
    public static final int SHUT_WR = 1;
    public static final int SHUT_RDWR = 2;

    /** Most descriptors that one message can carry (SCM_MAX_FD); more are EINVAL. */
    public static final int MAX_FDS_PER_MESSAGE = DescriptorMessage.MAX_FDS;

    static final SocketLibrary C = new SocketLibrary();

    private static final int SOCK_CLOEXEC = 02000000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_REUSEADDR = 2;
    private static final int SO_TYPE = 3;
    private static final int SO_PEERCRED = 17;
    private static final int SO_RCVTIMEO = 20;
    private static final int SO_SNDTIMEO = 21;
    private static final int SO_ACCEPTCONN = 30;
    private static final int SO_DOMAIN = 39;
    private static final int MSG_CTRUNC = 0x08;
    private static final int MSG_TRUNC = 0x20;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;

    private SocketCalls() {
    }

    /** Who the other end was when it connected (or called listen, or made the pair). */
    public record PeerCredentials(int pid, int uid, int gid) {
    }

    /**
     * One message, or a piece of a stream.
     *
     * @param payload what was read
     * @param fds descriptors that came along, close-on-exec, owned by this value; {@link OwnedFd#release} takes one out
     * @param payloadTruncated a message was longer than the room for it, and its rest is lost
     * @param fdsTruncated more descriptors were sent than asked for (or fitted our limit); the surplus is closed
     * @param endOfStream nothing will come any more. An empty message without descriptors looks the same
     */
    public record Received(byte[] payload, List<OwnedFd> fds, boolean payloadTruncated, boolean fdsTruncated, boolean endOfStream)
        implements AutoCloseable {
        @Override
        public void close() {
            fds.forEach(OwnedFd::close);
        }
    }

    /** A socket, close-on-exec, owned by the caller; {@code type} may hold SOCK_NONBLOCK (man 2 socket). */
    public static OwnedFd socket(int family, int type, int protocol) {
        int fd = C.socket(family, type | SOCK_CLOEXEC, protocol);
        check(fd, "socket(?, ?, ?)", family, type, protocol);
        return OwnedFd.of(fd);
    }

    /** Two connected unix sockets, owned by the caller (man 2 socketpair). */
    public static OwnedFd[] socketpair(int type) {
        int[] ends = new int[2];
        check(C.socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), "socketpair(?)", type);
        return new OwnedFd[] {OwnedFd.of(ends[0]), OwnedFd.of(ends[1])};
    }

    /** Binds a unix socket to a path of at most 107 bytes, or to an abstract name when it starts with NUL; EADDRINUSE (man 7 unix). */
    public static void bindUnix(int fd, String path) {
        byte[] address = SocketAddress.unix(path);
        check(C.bind(fd, address, address.length), "bind(?, ?)", fd, path);
    }

    /** Connects a unix socket, names as in {@link #bindUnix}; ENOENT, ECONNREFUSED when nobody listens, EAGAIN when the backlog is full. */
    public static void connectUnix(int fd, String path) {
        byte[] address = SocketAddress.unix(path);
        int result;
        do {
            result = C.connect(fd, address, address.length);
        } while (interrupted(result));
        check(result, "connect(?, ?)", fd, path);
    }

    /** Lets others connect (man 2 listen). */
    public static void listen(int fd, int backlog) {
        check(C.listen(fd, backlog), "listen(?, ?)", fd, backlog);
    }

    /** The next connection, close-on-exec, owned by the caller; waits, EAGAIN after the receive timeout (man 2 accept4). */
    public static OwnedFd accept(int fd) {
        int connection;
        do {
            connection = C.accept4(fd, null, null, SOCK_CLOEXEC);
        } while (interrupted(connection));
        check(connection, "accept4(?)", fd);
        return OwnedFd.of(connection);
    }

    /** Ends one direction or both for all who share the socket; ENOTCONN (man 2 shutdown). */
    public static void shutdown(int fd, int how) {
        check(C.shutdown(fd, how), "shutdown(?, ?)", fd, how);
    }

    /** Who is at the other end of a connected unix socket; pid 0 when it is in a pid namespace that we cannot see (SO_PEERCRED). */
    public static PeerCredentials peerCredentials(int fd) {
        int[] ucred = new int[3];
        check(C.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ucred, new int[] {12}), "getsockopt(?, SO_PEERCRED)", fd);
        return new PeerCredentials(ucred[0], ucred[1], ucred[2]);
    }

    /**
     * A listening unix socket, owned by the caller; errors as of {@link #bindUnix}.
     *
     * @param type SOCK_STREAM or SOCK_SEQPACKET
     * @param beforehand run when the path is there and nobody can connect yet
     */
    public static OwnedFd listenUnix(String path, int type, Runnable beforehand, int backlog) {
        OwnedFd socket = socket(AF_UNIX, type, 0);
        try {
            bindUnix(socket.number(), path);
            beforehand.run();
            listen(socket.number(), backlog);
            return socket;
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /**
     * A listening TCP socket with SO_REUSEADDR, owned by the caller; EADDRINUSE, EADDRNOTAVAIL.
     *
     * @param host IPv4 or IPv6 literal; names are not looked up (EINVAL)
     * @param port 0 for any free one, see {@link #localPort}
     */
    public static OwnedFd listenTcp(String host, int port, int backlog) {
        byte[] address = SocketAddress.inet(host, port);
        OwnedFd socket = socket(SocketAddress.familyOf(address), SOCK_STREAM, 0);
        try {
            int[] on = {1};
            check(C.setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, on, 4), "setsockopt(?, SO_REUSEADDR)", socket.number());
            check(C.bind(socket.number(), address, address.length), "bind(?, ?)", host, port);
            listen(socket.number(), backlog);
            return socket;
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** The local port of an IPv4 or IPv6 socket, 0 while unbound; EINVAL for another family (man 2 getsockname). */
    public static int localPort(int fd) {
        byte[] address = new byte[128];
        check(C.getsockname(fd, address, new int[] {address.length}), "getsockname(?)", fd);
        int family = SocketAddress.familyOf(address);
        if (family != AF_INET && family != AF_INET6) {
            throw LibC.failed(Errno.EINVAL, "getsockname(?)", fd);
        }
        return SocketAddress.portOf(address);
    }

    /** SOCK_STREAM and so on; ENOTSOCK (SO_TYPE). */
    public static int socketType(int fd) {
        return option(fd, SO_TYPE, "SO_TYPE");
    }

    /** AF_UNIX and so on; ENOTSOCK (SO_DOMAIN). */
    public static int family(int fd) {
        return option(fd, SO_DOMAIN, "SO_DOMAIN");
    }

    /** Whether others can connect to it; ENOTSOCK (SO_ACCEPTCONN). */
    public static boolean isListening(int fd) {
        return option(fd, SO_ACCEPTCONN, "SO_ACCEPTCONN") != 0;
    }

    /** Sets how long one send, receive, accept or connect may wait before EAGAIN; 0 is without limit (SO_RCVTIMEO, SO_SNDTIMEO). */
    public static void setTimeouts(int fd, long millis) {
        long[] timeval = {millis / 1000, millis % 1000 * 1000};
        check(C.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeval, 16), "setsockopt(?, SO_RCVTIMEO, ?)", fd, millis);
        check(C.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, timeval, 16), "setsockopt(?, SO_SNDTIMEO, ?)", fd, millis);
    }

    /** Sends at most {@code len} bytes and returns how many; EPIPE without a signal when nobody reads (man 2 send). */
    public static int send(int fd, byte[] b, int off, int len) {
        Objects.checkFromIndexSize(off, len, b.length);
        byte[] source = off == 0 ? b : Arrays.copyOfRange(b, off, off + len);
        long count;
        do {
            count = C.send(fd, source, len, MSG_NOSIGNAL);
        } while (interrupted(count));
        check(count, "send(?, ?)", fd, len);
        return (int) count;
    }

    /** Receives at most {@code b.length} bytes and returns how many, 0 at the end of a stream. Descriptors that come along are dropped. */
    public static int receive(int fd, byte[] b) {
        long count;
        do {
            count = C.recv(fd, b, b.length, 0);
        } while (interrupted(count));
        check(count, "recv(?, ?)", fd, b.length);
        return (int) count;
    }

    /**
     * Sends bytes with descriptors over a unix socket; the descriptors stay open and owned here (man 7 unix, SCM_RIGHTS).
     *
     * @param payload at least one byte on a stream socket, as descriptors do not travel alone
     * @return bytes sent; over a stream it may be less than all, and the descriptors are gone with the first
     * @throws LinuxException EINVAL for more than {@link #MAX_FDS_PER_MESSAGE}, EPIPE, ETOOMANYREFS when too many are under way
     */
    public static int sendWithFds(int fd, byte[] payload, int... fds) {
        try (DescriptorMessage message = DescriptorMessage.toSend(payload, fds)) {
            long count;
            do {
                count = C.sendmsg(fd, message.pointer(), MSG_NOSIGNAL);
            } while (interrupted(count));
            check(count, "sendmsg(?, ?, ?)", fd, payload.length, LibC.word(fds.length + " descriptors"));
            return (int) count;
        }
    }

    /**
     * Receives bytes and up to {@code maxFds} descriptors from a unix socket; the caller owns the result.
     *
     * @throws LinuxException EAGAIN after the receive timeout, ECONNRESET
     */
    public static Received receiveWithFds(int fd, int maxBytes, int maxFds) {
        try (DescriptorMessage message = DescriptorMessage.toReceive(maxBytes, maxFds)) {
            long count;
            do {
                count = C.recvmsg(fd, message.pointer(), MSG_CMSG_CLOEXEC);
            } while (interrupted(count));
            check(count, "recvmsg(?, ?)", fd, maxBytes);
            // All of them are owned before anything is judged, so that none can get lost.
            List<OwnedFd> all = message.descriptors();
            List<OwnedFd> surplus = all.subList(Math.min(maxFds, all.size()), all.size());
            surplus.forEach(OwnedFd::close);
            boolean fdsTruncated = !surplus.isEmpty() || (message.flags() & MSG_CTRUNC) != 0;
            boolean payloadTruncated = (message.flags() & MSG_TRUNC) != 0;
            return new Received(message.payload((int) count), List.copyOf(all.subList(0, all.size() - surplus.size())), payloadTruncated,
                fdsTruncated, count == 0 && maxBytes > 0 && all.isEmpty());
        }
    }

    private static int option(int fd, int option, String name) {
        int[] value = new int[1];
        check(C.getsockopt(fd, SOL_SOCKET, option, value, new int[] {4}), "getsockopt(?, ?)", fd, LibC.word(name));
        return value[0];
    }
}
