package dev.thaw.fdbroker.server;

import dev.thaw.fdbroker.broker.BrokerConnection;
import dev.thaw.fdbroker.broker.BrokerException;
import dev.thaw.fdbroker.broker.BrokerReply;
import dev.thaw.fdbroker.broker.BrokerReply.Item;
import dev.thaw.fdbroker.broker.BrokerRequest;
import dev.thaw.linux.OwnedFd;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A successor's side of a hand-over: everything of a running broker, received but not yet served. Until {@link #finish} the other one still
 * has it all, and goes on when this is closed.
 */
public final class Takeover implements AutoCloseable {
    private final BrokerConnection connection;
    private final List<OwnedFd> received = new ArrayList<>();
    private final List<OwnedFd> connections = new ArrayList<>();
    private final List<HeldFd> held = new ArrayList<>();
    private Optional<OwnedFd> lock = Optional.empty();
    private Optional<OwnedFd> listener = Optional.empty();
    private boolean finished;

    private Takeover(BrokerConnection connection) {
        this.connection = connection;
    }

    /**
     * @param limit for each answer
     * @throws BrokerException when none answers at that socket, or it does not hand over
     */
    public static Takeover begin(String socket, Duration limit) {
        Takeover takeover = new Takeover(BrokerConnection.open(socket, limit));
        try {
            takeover.receive();
            return takeover;
        } catch (RuntimeException e) {
            takeover.close();
            throw e;
        }
    }

    /** The place of the socket, which the other one leaves; the caller's after {@link #finish}. */
    public SocketPlace place() {
        return SocketPlace.takenOver(connection.socket(), lock.orElseThrow());
    }

    /** What clients connect to; the caller's after {@link #finish}. */
    public OwnedFd listener() {
        return listener.orElseThrow();
    }

    /** What is kept, and who is connected; the caller's after {@link #finish}. */
    public Inheritance inheritance() {
        long nextId = held.stream().mapToLong(HeldFd::id).max().orElse(0) + 1;
        return new Inheritance(held, connections, nextId);
    }

    /** The other one ends; what was received is the caller's. */
    public void finish() {
        connection.ask(new BrokerRequest.TakenOver(received.size())).close();
        finished = true;
    }

    @Override
    public void close() {
        if (!finished) {
            received.forEach(OwnedFd::close);
        }
        connection.close();
    }

    private void receive() {
        int total = 1;
        while (received.size() < total) {
            BrokerConnection.Answer answer = connection.ask(new BrokerRequest.TakeOver(received.size()));
            received.addAll(answer.descriptors());
            if (!(answer.reply() instanceof BrokerReply.HandOver handOver)) {
                throw new IllegalStateException("a hand-over was asked for, and " + answer.reply() + " came");
            }
            total = handOver.total();
            for (int i = 0; i < handOver.items().size(); i++) {
                sort(handOver.items().get(i), answer.descriptors().get(i));
            }
        }
    }

    private void sort(Item item, OwnedFd fd) {
        if (item instanceof Item.Lock) {
            lock = Optional.of(fd);
        } else if (item instanceof Item.Listener) {
            listener = Optional.of(fd);
        } else if (item instanceof Item.Connection) {
            connections.add(fd);
        } else if (item instanceof Item.Held one) {
            held.add(new HeldFd(one.id(), one.holding(), fd));
        }
    }
}
