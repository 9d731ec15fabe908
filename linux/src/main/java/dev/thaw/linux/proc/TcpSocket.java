package dev.thaw.linux.proc;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A line of {@code /proc/PID/net/tcp} or {@code tcp6}. Sockets that were never connected are not in there, and neither are those whose
 * connection has ended on both sides.
 *
 * @param inode as in {@code socket:[inode]}; 0 when no process has it
 * @param state number of the kernel (net/tcp_states.h)
 * @param localAddress numeric
 * @param remoteAddress numeric
 * @param waiting of one that listens: connections that were not accepted yet; else unread bytes
 */
public record TcpSocket(long inode, int state, String localAddress, int localPort, String remoteAddress, int remotePort, long waiting) {

    public TcpSocket(long inode, int state, String localAddress, int localPort, String remoteAddress, int remotePort) {
        this(inode, state, localAddress, localPort, remoteAddress, remotePort, 0);
    }

    public static final int LISTEN = 10;

    private static final String[] STATES = {"0", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE",
        "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV", "BOUND"};

    /**
     * Reads the text of one of the two files.
     *
     * @throws IllegalArgumentException when a line is of another form
     */
    public static List<TcpSocket> parse(String text) {
        List<TcpSocket> sockets = new ArrayList<>();
        String[] lines = text.split("\n");
        for (int i = 1; i < lines.length; i++) { // the first names the columns
            if (!lines[i].isBlank()) {
                sockets.add(parseLine(lines[i].strip()));
            }
        }
        return sockets;
    }

    /** Those of the network namespace that a process is in; empty when the process is gone. */
    public static List<TcpSocket> read(int pid) {
        List<TcpSocket> sockets = new ArrayList<>();
        for (String file : List.of("tcp", "tcp6")) { // a kernel without IPv6 has no tcp6
            ProcFile.readIfAlive("/proc/" + pid + "/net/" + file).map(TcpSocket::parse).ifPresent(sockets::addAll);
        }
        return List.copyOf(sockets);
    }

    public boolean isListening() {
        return state == LISTEN;
    }

    /** The state's name. */
    public String stateName() {
        return state >= 0 && state < STATES.length ? STATES[state] : Integer.toString(state);
    }

    /** {@code 127.0.0.1:80}. */
    public String local() {
        return endpoint(localAddress, localPort);
    }

    /** {@code [::1]:80}. */
    public String remote() {
        return endpoint(remoteAddress, remotePort);
    }

    private static String endpoint(String address, int port) {
        return (address.indexOf(':') < 0 ? address : "[" + address + "]") + ":" + port;
    }

    private static TcpSocket parseLine(String line) {
        String[] fields = line.split("\\s+");
        if (fields.length < 10) {
            throw new IllegalArgumentException("not a line of /proc/net/tcp: " + line);
        }
        String[] local = fields[1].split(":");
        String[] remote = fields[2].split(":");
        return new TcpSocket(Long.parseLong(fields[9]), Integer.parseInt(fields[3], 16), address(local[0]), Integer.parseInt(local[1], 16),
            address(remote[0]), Integer.parseInt(remote[1], 16), Long.parseLong(fields[4].substring(fields[4].indexOf(':') + 1), 16));
    }

    /** Each eight digits are four bytes as the machine's own number. */
    private static String address(String hexadecimal) {
        ByteBuffer bytes = ByteBuffer.allocate(hexadecimal.length() / 2).order(ByteOrder.nativeOrder());
        for (int at = 0; at < hexadecimal.length(); at += 8) {
            bytes.putInt(Integer.parseUnsignedInt(hexadecimal.substring(at, at + 8), 16));
        }
        try {
            return InetAddress.getByAddress(bytes.array()).getHostAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("not an address: " + hexadecimal, e);
        }
    }
}
