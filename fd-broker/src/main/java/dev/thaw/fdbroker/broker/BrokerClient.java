package dev.thaw.fdbroker.broker;

import dev.thaw.fdbroker.broker.BrokerRequest.Deposit;
import dev.thaw.linux.OwnedFd;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The broker as a client sees it: one method a verb. What does not fit one packet travels in several; each of them is done as a whole or not
 * at all, but those before a refused one are done. All methods throw {@link BrokerException}.
 */
public final class BrokerClient implements AutoCloseable {
    private final BrokerConnection connection;

    private BrokerClient(BrokerConnection connection) {
        this.connection = connection;
    }

    /** As {@link BrokerConnection#open}. */
    public static BrokerClient connect(String socket, Duration limit) {
        return new BrokerClient(BrokerConnection.open(socket, limit));
    }

    /** Gives a descriptor to keep; the caller's own stays open and its own. */
    public void store(FdName name, Duration expiry, int fd) {
        store(List.of(new Deposit(name, expiry)), new int[] {fd});
    }

    /** @param fds one for each deposit */
    public void store(List<Deposit> deposits, int[] fds) {
        if (deposits.size() != fds.length) {
            throw new IllegalArgumentException(deposits.size() + " names for " + fds.length + " descriptors");
        }
        int done = 0;
        for (List<Deposit> packet : Packets.of(deposits, Deposit::name)) {
            int[] its = Arrays.copyOfRange(fds, done, done + packet.size());
            connection.ask(new BrokerRequest.Store(packet), its).close();
            done += packet.size();
        }
    }

    /** One descriptor; the caller owns it. */
    public OwnedFd retrieve(FdName name) {
        return retrieve(List.of(name)).get(0);
    }

    /** The descriptors of these names in their order, close-on-exec; the caller owns them. */
    public List<OwnedFd> retrieve(List<FdName> names) {
        List<OwnedFd> descriptors = new ArrayList<>();
        try {
            for (List<FdName> packet : Packets.of(names, Function.identity())) {
                descriptors.addAll(connection.ask(new BrokerRequest.Retrieve(packet)).descriptors());
            }
            return descriptors;
        } catch (RuntimeException e) {
            descriptors.forEach(OwnedFd::close);
            throw e;
        }
    }

    /** Has the broker close what it keeps under these names. */
    public void delete(List<FdName> names) {
        for (List<FdName> packet : Packets.of(names, Function.identity())) {
            connection.ask(new BrokerRequest.Delete(packet)).close();
        }
    }

    /** Has the broker open a file, with its own rights. */
    public void open(FdName name, Duration expiry, String path, Access access) {
        connection.ask(new BrokerRequest.Open(new Deposit(name, expiry), path, access)).close();
    }

    /** What the broker keeps and this user may list, in the order of names. */
    public List<Holding> list() {
        List<Holding> holdings = new ArrayList<>();
        boolean more = true;
        while (more) {
            Optional<FdName> last = holdings.isEmpty() ? Optional.empty() : Optional.of(holdings.get(holdings.size() - 1).name());
            try (BrokerConnection.Answer answer = connection.ask(new BrokerRequest.ListAfter(last))) {
                if (!(answer.reply() instanceof BrokerReply.Listing listing)) {
                    throw new IllegalStateException("a listing was asked for, and " + answer.reply() + " came");
                }
                holdings.addAll(listing.holdings());
                more = listing.more() && !listing.holdings().isEmpty();
            }
        }
        return holdings;
    }

    @Override
    public void close() {
        connection.close();
    }
}
