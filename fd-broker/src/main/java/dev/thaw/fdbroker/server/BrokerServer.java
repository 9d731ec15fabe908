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
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Serves all clients in one thread, a request of each in turn. It never waits for one of them: a client that does not read its reply gets no
 * other, and one from which nothing comes is disconnected.
 */
public final class BrokerServer implements AutoCloseable {
    private static final int ACCEPTED_AT_ONCE = 16;
    private static final long LONGEST_WAIT_MILLIS = 60_000;
    private static final long ACCEPT_PAUSE_NANOS = 100_000_000;

    private final OwnedFd listener;
    private final Optional<SocketPlace> place;
    private final Limits limits;
    private final Keeper keeper;
    private final FdStore store;
    private final DescriptorCloser closer = new DescriptorCloser();
    private final RequestHandler handler;
    private final FdCalls.Pipe wake = FdCalls.pipe2(OpenFlags.O_NONBLOCK);
    private final PollSet poll = new PollSet();
    private final List<Connection> connections = new ArrayList<>();
    private final Queue<AccessPolicy> newPolicies = new ConcurrentLinkedQueue<>();
    private Optional<HandingOver> handingOver = Optional.empty();
    private boolean handedOver;
    private long acceptsFrom = System.nanoTime();
    private volatile boolean stopping;

    /** How {@link #run} ended. */
    public enum End {
        /** By {@link #stop}: what was kept has no other holder, unless there is a {@link Keeper}. */
        STOPPED,
        /** A successor has it all: nothing may be taken away from it. */
        HANDED_OVER
    }

    /**
     * @param listener a listening socket, which is the server's from here on
     * @param place where it listens, for a successor; stays the caller's. Empty when it is a service manager's socket
     * @param inherited what a former broker kept; the server's from here on
     */
    public BrokerServer(OwnedFd listener, Optional<SocketPlace> place, AccessPolicy policy, Limits limits, Keeper keeper,
                        Inheritance inherited) {
        this.listener = listener;
        this.place = place;
        this.limits = limits;
        this.keeper = keeper;
        this.store = new FdStore(policy.ownUser(), limits.descriptors(), limits.descriptorsPerUser());
        this.handler = new RequestHandler(store, closer, keeper, policy, inherited.nextId());
        inherited.held().forEach(store::add);
        FdCalls.setFlags(listener.number(), FdCalls.getFlags(listener.number()) | OpenFlags.O_NONBLOCK);
        inherited.connections().forEach(this::adopt);
    }

    /** Serves until {@link #stop}, and then what has come by then; or until a successor has taken over. */
    public End run() {
        while (!stopping && !handedOver) {
            round(waitMillis());
        }
        long end = System.nanoTime() + limits.drain().toNanos();
        boolean busy = true;
        while (busy && !handedOver && System.nanoTime() < end) {
            busy = round(0);
        }
        return handedOver ? End.HANDED_OVER : End.STOPPED;
    }

    /** What is kept at any time; for the thread that {@link #run}s, or when that has ended. */
    public Collection<HeldFd> held() {
        return store.all();
    }

    /** Another policy from the next request on; from any thread. */
    public void policy(AccessPolicy replacement) {
        newPolicies.add(replacement);
        wake();
    }

    /** Ends {@link #run}, from any thread. */
    public void stop() {
        stopping = true;
        wake();
    }

    private void wake() {
        try {
            FileCalls.write(wake.writer().number(), new byte[1], 0, 1);
        } catch (LinuxException e) {
            if (!e.is(Errno.EAGAIN)) { // full: it will wake up anyway
                throw e;
            }
        }
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
        poll.add(wake.reader().number(), FdCalls.POLLIN);
        poll.add(handingOver.isPresent() || acceptsFrom - now > 0 ? -1 : listener.number(), FdCalls.POLLIN);
        List<Connection> watched = handingOver.map(to -> List.of(to.successor())).orElseGet(() -> List.copyOf(connections));
        watched.forEach(connection -> poll.add(connection.isPaused(now) ? -1 : connection.fd(), FdCalls.POLLIN));
        poll.await(waitMillis);
        if (poll.happened(0) != 0) {
            FileCalls.read(wake.reader().number(), new byte[64], 0, 64);
        }
        for (AccessPolicy policy = newPolicies.poll(); policy != null; policy = newPolicies.poll()) {
            handler.policy(policy);
        }
        if (handingOver.isEmpty()) {
            handler.expire(Instant.now());
        }
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
        if (handingOver.isEmpty()) {
            closeSilent();
        } else if (handingOver.get().isLate(System.nanoTime())) {
            drop(handingOver.get().successor());
        }
        return busy;
    }

    private long waitMillis() {
        long now = System.nanoTime();
        long nanos = Duration.ofMillis(LONGEST_WAIT_MILLIS).toNanos();
        if (handingOver.isPresent()) {
            return Math.max(0, (handingOver.get().until() - now) / 1_000_000 + 1);
        }
        if (acceptsFrom - now > 0) {
            nanos = acceptsFrom - now;
        }
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
                if (!nobodyThereOrNoRoom.is(Errno.EAGAIN)) {
                    // It stays readable: without a pause this would be asked over and over.
                    acceptsFrom = System.nanoTime() + ACCEPT_PAUSE_NANOS;
                }
                return;
            }
            adopt(fd);
        }
    }

    private void adopt(OwnedFd fd) {
        try {
            add(Connection.of(fd, System.nanoTime()));
        } catch (LinuxException gone) {
            fd.close();
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
            if (connection.hasUnreadReply() || closer.holdsUp(connection.peer().uid())) {
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
            if (request instanceof BrokerRequest.TakeOver takeOver) {
                return send(connection, handOver(connection, takeOver));
            }
            if (request instanceof BrokerRequest.TakenOver takenOver) {
                return takenOver(connection, takenOver);
            }
            boolean adds = request.descriptors() > 0 || request instanceof BrokerRequest.Open;
            if (stopping && adds && !keeper.outlivesThisProcess()) {
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

    private RequestHandler.Answer handOver(Connection connection, BrokerRequest.TakeOver request) {
        if (connection.peer().uid() != handler.policy().ownUser()) {
            throw new RefusedException(Reason.NOT_ALLOWED, connection.peer().text() + " may not take over from the broker of user "
                    + handler.policy().ownUser(), "as user " + handler.policy().ownUser());
        }
        if (keeper.outlivesThisProcess() || place.isEmpty()) {
            throw new RefusedException(Reason.NOT_ALLOWED, "this broker is a service manager's, which keeps its socket", "systemctl restart");
        }
        if (stopping) {
            throw new RefusedException(Reason.STOPPING, "the broker is ending", "thaw broker serve, without --replace");
        }
        if (handingOver.isEmpty() || request.from() == 0) {
            List<Connection> others = connections.stream().filter(other -> other != connection).toList();
            handingOver = Optional.of(new HandingOver(connection, place.get().lock(), listener.number(), others, store.all(), limits.handOver()));
        }
        return handingOver.get().from(request.from(), System.nanoTime());
    }

    private boolean takenOver(Connection connection, BrokerRequest.TakenOver request) {
        if (handingOver.filter(to -> to.successor() == connection && to.size() == request.count()).isEmpty()) {
            throw new RefusedException(Reason.MALFORMED, "this is not what was handed over", "thaw broker serve --replace");
        }
        // From the moment the successor reads this it serves; so nothing is done after it.
        handedOver = send(connection, new RequestHandler.Answer(new BrokerReply.Done()));
        return handedOver;
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
            Duration limit = connection.hasPaused() ? limits.unread() : limits.idle();
            if (now - connection.silentAt(limit) > 0) {
                farewell(connection, limit);
                drop(connection);
            }
        }
    }

    /** For when it asks again; one that does not read gets no more. */
    private static void farewell(Connection connection, Duration limit) {
        try {
            if (!connection.hasUnreadReply()) {
                String why = "nothing came over this connection for " + limit.toMillis() + " ms";
                send(connection, new RequestHandler.Answer(refused(new Refusal(Reason.IDLE, why, "connect again"))));
            }
        } catch (LinuxException gone) {
            return;
        }
    }

    private void drop(Connection connection) {
        handingOver = handingOver.filter(to -> to.successor() != connection);
        connections.remove(connection);
        connection.close();
    }
}
