package dev.thaw.it;

import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.SocketCalls;

/** Two connected unix sockets: one for a process, one for the test. */
public final class TestSocketPair implements AutoCloseable {
    private final OwnedFd theirs;
    private final OwnedFd ours;

    private TestSocketPair(OwnedFd theirs, OwnedFd ours) {
        this.theirs = theirs;
        this.ours = ours;
    }

    public static TestSocketPair stream() {
        return of(SocketCalls.SOCK_STREAM);
    }

    public static TestSocketPair datagram() {
        return of(SocketCalls.SOCK_DGRAM);
    }

    public static TestSocketPair seqpacket() {
        return of(SocketCalls.SOCK_SEQPACKET);
    }

    private static TestSocketPair of(int type) {
        OwnedFd[] pair = SocketCalls.socketpair(type);
        return new TestSocketPair(pair[0], pair[1]);
    }

    /** For the process' table. As long as it is open here, we get no end of file. */
    public int theirs() {
        return theirs.number();
    }

    public int ours() {
        return ours.number();
    }

    /** Closes the process' end here, so that we get the end of file when the process has closed it. */
    public void releaseTheirs() {
        theirs.close();
    }

    /** Closes our end: the process' connection is half closed from then on. */
    public void releaseOurs() {
        ours.close();
    }

    @Override
    public void close() {
        theirs.close();
        ours.close();
    }
}
