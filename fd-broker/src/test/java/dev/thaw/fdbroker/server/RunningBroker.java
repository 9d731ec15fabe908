package dev.thaw.fdbroker.server;

import dev.thaw.fdbroker.broker.BrokerClient;
import dev.thaw.fdbroker.policy.AccessPolicy;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.SocketCalls;
import java.time.Duration;
import java.util.Optional;

/** A broker in a thread of the test JVM, at a real socket. */
final class RunningBroker implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(20);
    static final Limits LIMITS = new Limits(2000, 100, 40, 20, Duration.ofSeconds(20), Duration.ofSeconds(10), 2048, Duration.ofSeconds(5),
            Duration.ofSeconds(10));

    private final String path;
    private final SocketPlace place;
    private final BrokerServer server;
    private final Thread thread;
    private volatile BrokerServer.End end;

    private RunningBroker(String path, SocketPlace place, BrokerServer server) {
        this.path = path;
        this.place = place;
        this.server = server;
        this.thread = new Thread(() -> end = server.run(), "broker of a test");
        thread.start();
    }

    static RunningBroker at(String path) {
        return at(path, LIMITS);
    }

    static RunningBroker at(String path, Limits limits) {
        return at(path, limits, AccessPolicy.sameUser(ProcessCalls.geteuid()));
    }

    static RunningBroker at(String path, Limits limits, AccessPolicy policy) {
        SocketPlace place = SocketPlace.claim(path).orElseThrow();
        return new RunningBroker(path, place, new BrokerServer(place.listen(0600), Optional.of(place), policy, limits, Keeper.NONE, Inheritance.NONE));
    }

    /** Takes over, as {@code thaw broker serve --replace} does. */
    static RunningBroker replacing(String path) {
        try (Takeover takeover = Takeover.begin(path, LIMIT)) {
            takeover.finish();
            SocketPlace place = takeover.place();
            return new RunningBroker(path, place, new BrokerServer(takeover.listener(), Optional.of(place),
                    AccessPolicy.sameUser(ProcessCalls.geteuid()), LIMITS, Keeper.NONE, takeover.inheritance()));
        }
    }

    BrokerClient client() {
        return BrokerClient.connect(path, LIMIT);
    }

    /** A connection without the client's library. */
    OwnedFd raw() {
        OwnedFd fd = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_SEQPACKET, 0);
        SocketCalls.setTimeouts(fd.number(), LIMIT.toMillis());
        SocketCalls.connectUnix(fd.number(), path);
        return fd;
    }

    void stop() {
        server.stop();
    }

    BrokerServer.End awaitEnd() {
        try {
            thread.join(LIMIT.toMillis());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        if (thread.isAlive()) {
            throw new AssertionError("the broker does not end");
        }
        return end;
    }

    @Override
    public void close() {
        if (thread.isAlive()) {
            server.stop();
        }
        if (awaitEnd() == BrokerServer.End.HANDED_OVER) {
            place.leave();
        }
        server.close();
        place.close();
    }
}
