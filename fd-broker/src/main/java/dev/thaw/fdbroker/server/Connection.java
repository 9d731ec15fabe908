package dev.thaw.fdbroker.server;

import dev.thaw.fdbroker.policy.Peer;
import dev.thaw.fdbroker.policy.PeerReader;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.PeerCalls;
import java.time.Duration;

/** A client, as the broker sees it. Times are of {@link System#nanoTime}. */
final class Connection {
    private static final long FIRST_PAUSE = Duration.ofMillis(1).toNanos();
    private static final long LONGEST_PAUSE = Duration.ofMillis(100).toNanos();

    private final OwnedFd fd;
    private final Peer peer;
    private long activeAt;
    private int sentDescriptors;
    private long pause;
    private long pausedUntil;

    private Connection(OwnedFd fd, Peer peer, long now) {
        this.fd = fd;
        this.peer = peer;
        this.activeAt = now;
    }

    /** Takes the descriptor over. */
    static Connection of(OwnedFd fd, long now) {
        try {
            FdCalls.setFlags(fd.number(), FdCalls.getFlags(fd.number()) | OpenFlags.O_NONBLOCK);
            return new Connection(fd, PeerReader.read(fd.number()), now);
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    int fd() {
        return fd.number();
    }

    OwnedFd owned() {
        return fd;
    }

    Peer peer() {
        return peer;
    }

    /** Whether the client has not read the latest reply: then it gets no other, so that no more than one is ever under way to it. */
    boolean hasUnreadReply() {
        return PeerCalls.hasUnread(fd.number());
    }

    /** Descriptors that are under way to the client. */
    int descriptorsUnderWay() {
        return sentDescriptors == 0 || !hasUnreadReply() ? 0 : sentDescriptors;
    }

    /** It sends without reading: it is not looked at for a moment, each time for longer. */
    void pause(long now) {
        pause = Math.min(LONGEST_PAUSE, pause == 0 ? FIRST_PAUSE : 2 * pause);
        pausedUntil = now + pause;
    }

    boolean isPaused(long now) {
        return pause != 0 && pausedUntil - now > 0;
    }

    boolean hasPaused() {
        return pause != 0;
    }

    long pausedUntil() {
        return pausedUntil;
    }

    /** Something came. */
    void active(long now) {
        activeAt = now;
        pause = 0;
    }

    void sent(int descriptors) {
        sentDescriptors = descriptors;
    }

    /** When it has been silent for this long. */
    long silentAt(Duration limit) {
        return activeAt + limit.toNanos();
    }

    void close() {
        fd.close();
    }
}
