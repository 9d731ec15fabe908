package dev.thaw.fdbroker.server;

import dev.thaw.fdbroker.broker.BrokerCodec;
import dev.thaw.fdbroker.broker.BrokerReply;
import dev.thaw.fdbroker.broker.BrokerRequest;
import dev.thaw.fdbroker.broker.MalformedPacket;
import dev.thaw.fdbroker.broker.Refusal;
import dev.thaw.fdbroker.broker.Refusal.Reason;
import dev.thaw.fdbroker.policy.AccessPolicy;
import dev.thaw.fdbroker.policy.Peer;
import dev.thaw.fdbroker.policy.PeerReader;
import dev.thaw.linux.Errno;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.PollSet;
import dev.thaw.linux.SocketCalls;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Serves all clients in one thread, a request of each in turn. It never waits for one of them: a client that does not read its reply gets no
 * other, and one from which nothing comes is disconnected.
 */
public final class BrokerServer implements AutoCloseable {
    private static final int ACCEPTED_AT_ONCE = 16;
    private static final long LONGEST_WAIT_MILLIS = 60_000;

    private final OwnedFd listener;
    private final Limits limits;
    private final FdStore store;
    private final DescriptorCloser closer = new DescriptorCloser();
    private final RequestHandler handler;
    private final FdCalls.Pipe wake = FdCalls.pipe2(OpenFlags.O_NONBLOCK);
    private final PollSet poll = new PollSet();
    private final List<Connection> connections = new ArrayList<>();
    private volatile boolean stopping;

    /** @param listener a listening socket, which is the server's from here on */
    public BrokerServer(OwnedFd listener, AccessPolicy policy, Limits limits) {
        this.listener = listener;
        this.limits = limits;
        this.store = new FdStore(policy.ownUser(), limits.descriptors(), limits.descriptorsPerUser());
        this.handler = new RequestHandler(store, closer, Keeper.NONE, policy, 1);
        FdCalls.setFlags(listener.number(), FdCalls.getFlags(listener.number()) | OpenFlags.O_NONBLOCK);
    }

    /** Serves until {@link #stop}; requests that have come by then are answered. */
    public void run() {
        while (!stopping) {
            round(waitMillis());
        }
        long end = System.nanoTime() + limits.drain().toNanos();
        while (round(0) && System.nanoTime() < end) {
            handler.expire(Instant.now());
        }
    }

    /** Ends {@link #run}, from any thread. */
    public void stop() {
        stopping = true;
        FileCalls.write(wake.writer().number(), new byte[1], 0, 1);
    }

    @Override
    public void close() {
        connections.forEach(Connection::close);
        listener.close();
        wake.close();
        store.all().forEach(held -> held.fd().close());
    }

    /** Waits once and serves everybody who is ready; false when nobody was. */
    private boolean round(long waitMillis) {
        long now = System.nanoTime();
        poll.clear();
        poll.add(wake.reader().number(), stopping ? 0 : FdCalls.POLLIN);
        poll.add(listener.number(), FdCalls.POLLIN);
        List<Connection> watched = List.copyOf(connections);
        watched.forEach(connection -> poll.add(connection.isPaused(now) ? -1 : connection.fd(), FdCalls.POLLIN));
        poll.await(waitMillis);
        handler.expire(Instant.now());
        boolean busy = false;
        for (int i = 0; i < watched.size(); i++) {
            int happened = poll.happened(2 + i);
            if (happened != 0) {
                busy = true;
                serve(watched.get(i));
            }
        }
        if (poll.happened(1) != 0) {
            busy = true;
            accept();
        }
        closeSilent();
        return busy;
    }

    private long waitMillis() {
        long now = System.nanoTime();
        long nanos = Duration.ofMillis(LONGEST_WAIT_MILLIS).toNanos();
        for (Connection connection : connections) {
            long at = connection.hasPaused() ? connection.pausedUntil() : connection.silentAt(limits.idle());
            nanos = Math.min(nanos, at - now);
        }
        long millis = Math.max(0, nanos / 1_000_000 + 1);
        Optional<Instant> expiry = store.nextExpiry();
        return expiry.isEmpty() ? millis : Math.max(0, Math.min(millis, Duration.between(Instant.now(), expiry.get()).toMillis() + 1));
    }

    private void accept() {
        for (int i = 0; i < ACCEPTED_AT_ONCE; i++) {
            OwnedFd fd;
            try {
                fd = SocketCalls.accept(listener.number());
            } catch (LinuxException nobodyThereOrNoRoom) {
                return;
            }
            try {
                add(Connection.of(fd, System.nanoTime()));
            } catch (LinuxException gone) {
                fd.close();
            }
        }
    }

    private void add(Connection connection) {
        int uid = connection.peer().uid();
        long own = connections.stream().filter(other -> other.peer().uid() == uid).count();
        // An eighth is the broker's own user's, whatever the others do.
        int all = uid == handler.policy().ownUser() ? limits.connections() : limits.connections() - limits.connections() / 8;
        if (connections.size() < all && own < limits.connectionsPerUser()) {
            connections.add(connection);
            return;
        }
        String why = "there are %d connections, %d of them by user %d; the limits are %d and %d".formatted(
                connections.size(), own, uid, all, limits.connectionsPerUser());
        send(connection, new RequestHandler.Answer(refused(new Refusal(Reason.CONNECTIONS, why, "again, when others have ended"))));
        connection.close();
    }

    private void serve(Connection connection) {
        long now = System.nanoTime();
        try {
            if (connection.hasUnreadReply()) {
                connection.pause(now);
                return;
            }
            receive(connection, now);
        } catch (LinuxException e) {
            if (!e.is(Errno.EAGAIN)) {
                drop(connection);
            }
        }
    }

    private void receive(Connection connection, long now) {
        // With room for all that one message can carry: what is left over the kernel would close here and now, in this thread.
        SocketCalls.Received received =
                SocketCalls.receiveWithFds(connection.fd(), BrokerCodec.MAX_PACKET_BYTES, BrokerCodec.MAX_DESCRIPTORS);
        boolean goesOn = false;
        try {
            goesOn = !received.endOfStream() && answer(connection, received);
            connection.active(now);
        } finally {
            closer.close(connection.peer().uid(), received.fds().stream().filter(OwnedFd::isOpen).toList());
            if (!goesOn) {
                drop(connection);
            }
        }
    }

    /** False when the connection is of no more use. */
    private boolean answer(Connection connection, SocketCalls.Received received) {
        Peer peer = connection.peer();
        try {
            if (received.payloadTruncated()) {
                throw new RefusedException(Reason.MALFORMED, "the packet is longer than " + BrokerCodec.MAX_PACKET_BYTES + " bytes", "less");
            }
            if (received.fdsTruncated()) {
                throw new RefusedException(Reason.DESCRIPTORS, "some of the descriptors got lost on the way", "fewer at once");
            }
            BrokerRequest request = BrokerCodec.decodeRequest(received.payload());
            if (stopping && request.descriptors() > 0) {
                throw new RefusedException(Reason.STOPPING, "the broker is ending, and would take them along", "the next broker");
            }
            Peer known = handler.policy().asksForProgram() ? PeerReader.withProgram(peer, connection.fd()) : peer;
            RequestHandler.Answer answer = handler.handle(request, known, received.fds(), Instant.now());
            checkUnderWay(peer.uid(), answer.fds().length);
            return send(connection, answer);
        } catch (RefusedException e) {
            return send(connection, new RequestHandler.Answer(refused(e.refusal())));
        } catch (MalformedPacket e) {
            send(connection, new RequestHandler.Answer(refused(e.refusal())));
            return false;
        }
    }

    private void checkUnderWay(int uid, int more) {
        int underWay = more == 0 ? 0
                : connections.stream().filter(other -> other.peer().uid() == uid).mapToInt(Connection::descriptorsUnderWay).sum();
        if (underWay + more > limits.unreadDescriptorsPerUser()) {
            String why = "%d descriptors are under way to user %d and not read, the limit is %d".formatted(
                    underWay, uid, limits.unreadDescriptorsPerUser());
            throw new RefusedException(Reason.UNREAD, why, "again, when they have been read");
        }
    }

    /** False when the client cannot be reached. */
    private static boolean send(Connection connection, RequestHandler.Answer answer) {
        try {
            SocketCalls.sendWithFds(connection.fd(), BrokerCodec.encode(answer.reply()), answer.fds());
            connection.sent(answer.fds().length);
            return true;
        } catch (LinuxException goneOrFull) {
            return false;
        }
    }

    private static BrokerReply refused(Refusal refusal) {
        return new BrokerReply.Refused(refusal);
    }

    private void closeSilent() {
        long now = System.nanoTime();
        for (Connection connection : List.copyOf(connections)) {
            if (now - connection.silentAt(connection.hasPaused() ? limits.unread() : limits.idle()) > 0) {
                drop(connection);
            }
        }
    }

    private void drop(Connection connection) {
        connections.remove(connection);
        connection.close();
    }
}
