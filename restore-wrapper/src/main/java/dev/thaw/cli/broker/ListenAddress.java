package dev.thaw.cli.broker;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.SocketCalls;
import java.util.List;

/** Where a listener is to be bound, from its text. */
sealed interface ListenAddress {
    /** The kernel takes the lower of this and net.core.somaxconn. */
    int BACKLOG = 4096;

    /** A listening socket, owned by the caller. */
    OwnedFd listen();

    /** Takes away what {@link #listen} left in the file system. */
    void remove();

    /** What a user can do when it is not free. */
    List<String> remedies();

    /** @throws IllegalArgumentException with a text for the user */
    static ListenAddress parse(String text) {
        if (text.startsWith("unix:") && text.length() > "unix:".length()) {
            return new Unix(text.substring("unix:".length()));
        }
        int colon = text.lastIndexOf(':');
        if (text.startsWith("tcp:") && colon > "tcp:".length()) {
            String host = text.substring("tcp:".length(), colon);
            String digits = text.substring(colon + 1);
            if (digits.matches("\\d{1,5}") && Integer.parseInt(digits) <= 0xffff) {
                return new Tcp(host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host, Integer.parseInt(digits));
            }
        }
        throw new IllegalArgumentException("'" + text + "' is neither tcp:HOST:PORT nor unix:PATH");
    }

    /** @param host IPv4 or IPv6 literal */
    record Tcp(String host, int port) implements ListenAddress {
        @Override
        public OwnedFd listen() {
            return SocketCalls.listenTcp(host, port, BACKLOG);
        }

        @Override
        public void remove() {
            // It goes with the descriptor.
        }

        @Override
        public List<String> remedies() {
            return List.of("an address of this machine in numbers, and a free port: ss -ltn shows those taken");
        }
    }

    /** A stream socket; its path may not be there yet. */
    record Unix(String path) implements ListenAddress {
        @Override
        public OwnedFd listen() {
            return SocketCalls.listenUnix(path, SocketCalls.SOCK_STREAM, () -> {}, BACKLOG);
        }

        @Override
        public void remove() {
            FileCalls.unlink(path);
        }

        @Override
        public List<String> remedies() {
            return List.of("another path; or remove what is there, when nobody listens at it any more");
        }
    }
}
