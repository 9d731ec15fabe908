package dev.thaw.fdbroker.broker;

import dev.thaw.fdbroker.broker.BrokerException.Unavailable;
import dev.thaw.linux.Errno;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.SocketCalls;
import java.time.Duration;
import java.util.List;

/** A client's connection: one request, one reply. */
public final class BrokerConnection implements AutoCloseable {
    private final String socket;
    private final OwnedFd fd;
    private final Duration limit;

    private BrokerConnection(String socket, OwnedFd fd, Duration limit) {
        this.socket = socket;
        this.fd = fd;
        this.limit = limit;
    }

    /** A reply and its descriptors, which are the caller's to close. */
    public record Answer(BrokerReply reply, List<OwnedFd> descriptors) implements AutoCloseable {
        @Override
        public void close() {
            descriptors.forEach(OwnedFd::close);
        }
    }

    /**
     * @param socket path of the broker's socket; an abstract name when it starts with NUL
     * @param limit for the connection, and then for each reply
     * @throws Unavailable when nobody listens there, or this user may not connect
     */
    public static BrokerConnection open(String socket, Duration limit) {
        OwnedFd fd = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_SEQPACKET, 0);
        try {
            SocketCalls.setTimeouts(fd.number(), limit.toMillis());
            SocketCalls.connectUnix(fd.number(), socket);
            return new BrokerConnection(socket, fd, limit);
        } catch (LinuxException e) {
            fd.close();
            throw new Unavailable(socket, whyNotConnected(e, limit), remedy(e), e);
        }
    }

    /** Where the broker listens. */
    public String socket() {
        return socket;
    }

    /** The broker's process, or the one that made its socket: a service manager. */
    public SocketCalls.PeerCredentials broker() {
        return SocketCalls.peerCredentials(fd.number());
    }

    /**
     * Asks, and waits for the answer.
     *
     * @param descriptors as many as the request says; they stay the caller's
     * @throws BrokerException when it is refused, or nothing comes that is an answer
     */
    public Answer ask(BrokerRequest request, int... descriptors) {
        LinuxException notSent = null;
        try {
            SocketCalls.sendWithFds(fd.number(), BrokerCodec.encode(request), descriptors);
        } catch (LinuxException e) {
            // A broker that hung up may have said why before.
            notSent = e;
        }
        try (SocketCalls.Received received = receive(notSent)) {
            return answer(received);
        } catch (LinuxException e) {
            throw broken(notSent == null ? e : notSent);
        }
    }

    @Override
    public void close() {
        fd.close();
    }

    private SocketCalls.Received receive(LinuxException notSent) {
        if (notSent != null && !hungUp(notSent)) {
            throw notSent;
        }
        try {
            return SocketCalls.receiveWithFds(fd.number(), BrokerCodec.MAX_PACKET_BYTES, BrokerCodec.MAX_DESCRIPTORS);
        } catch (LinuxException e) {
            if (!e.is(Errno.ECONNRESET)) {
                throw e;
            }
            // The reset is told first, and once; then comes what was sent before it.
            return SocketCalls.receiveWithFds(fd.number(), BrokerCodec.MAX_PACKET_BYTES, BrokerCodec.MAX_DESCRIPTORS);
        }
    }

    private Answer answer(SocketCalls.Received received) {
        if (received.endOfStream()) {
            throw new Unavailable(socket, "it hung up without an answer", "again; and look at the broker's messages", null);
        }
        BrokerReply reply = decoded(received);
        if (reply instanceof BrokerReply.Refused refused) {
            throw new BrokerException.Refused(socket, refused.refusal());
        }
        if (received.fdsTruncated() || received.fds().size() != reply.descriptors()) {
            String why = "%d descriptors were sent and %d arrived".formatted(reply.descriptors(), received.fds().size());
            throw new Unavailable(socket, why, "a higher limit of open files here: ulimit -n", null);
        }
        return new Answer(reply, received.fds().stream().map(owned -> OwnedFd.of(owned.release())).toList());
    }

    private BrokerReply decoded(SocketCalls.Received received) {
        try {
            return BrokerCodec.decodeReply(received.payload());
        } catch (MalformedPacket e) {
            throw new Unavailable(socket, "what answers there is no broker: " + e.getMessage(), "the socket of a thaw broker", e);
        }
    }

    private Unavailable broken(LinuxException e) {
        if (e.is(Errno.EAGAIN)) {
            return new Unavailable(socket, "it did not answer within " + limit.toMillis() + " ms", "again; and look whether it still runs", e);
        }
        String why = hungUp(e) ? "it hung up in the middle: " + e.getMessage() : e.getMessage();
        return new Unavailable(socket, why, "again; and look at the broker's messages", e);
    }

    private static boolean hungUp(LinuxException e) {
        return e.is(Errno.EPIPE) || e.is(Errno.ECONNRESET) || e.is(Errno.ENOTCONN);
    }

    private static String whyNotConnected(LinuxException e, Duration limit) {
        switch (e.errno().number()) {
            case Errno.ENOENT:
                return "there is no such socket: " + e.getMessage();
            case Errno.ECONNREFUSED:
                return "nobody listens there any more: " + e.getMessage();
            case Errno.EACCES:
                return "this user may not connect there: " + e.getMessage();
            case Errno.EAGAIN:
                return "it did not take the connection within " + limit.toMillis() + " ms";
            default:
                return e.getMessage();
        }
    }

    private static String remedy(LinuxException e) {
        switch (e.errno().number()) {
            case Errno.EACCES:
                return "a broker of this user: thaw broker serve; or let the policy of that one allow this user";
            case Errno.EAGAIN:
                return "again; and look whether it still runs";
            default:
                return "start one: thaw broker serve";
        }
    }
}
