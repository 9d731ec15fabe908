package dev.thaw.fdbroker;

import dev.thaw.linux.KernelString;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.SocketCalls;

/** A stream to the journal: every line written to it becomes an entry, as with a service's standard output. */
public final class JournalStream {
    /** Where systemd-journald listens. */
    public static final String SOCKET = "/run/systemd/journal/stdout";

    private static final int PRIORITY_INFO = 6;
    private static final long TIMEOUT_MILLIS = 5_000;

    private JournalStream() {}

    /**
     * Connects and says who writes.
     *
     * @param socket path of the journal's stream socket, usually {@link #SOCKET}
     * @param identifier name that the entries carry
     * @return a connected stream socket that can only be written to; the caller owns it
     */
    public static OwnedFd connect(String socket, String identifier) {
        OwnedFd fd = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0);
        try {
            SocketCalls.setTimeouts(fd.number(), TIMEOUT_MILLIS);
            SocketCalls.connectUnix(fd.number(), socket);
            SocketCalls.shutdown(fd.number(), SocketCalls.SHUT_RD);
            byte[] header = KernelString.encode(header(identifier));
            for (int sent = 0; sent < header.length; ) {
                sent += SocketCalls.send(fd.number(), header, sent, header.length - sent);
            }
            // The application's writes wait as long as the journal makes them.
            SocketCalls.setTimeouts(fd.number(), 0);
            return fd;
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    /** Identifier, unit, priority, whether lines start with a priority, whether to pass on to syslog, kernel log, console (systemd's journald-stream.c). */
    static String header(String identifier) {
        String oneLine = identifier.replace('\n', ' ');
        return oneLine + "\n\n" + PRIORITY_INFO + "\n1\n0\n0\n0\n";
    }
}
