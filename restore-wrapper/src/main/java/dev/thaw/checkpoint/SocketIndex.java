package dev.thaw.checkpoint;

import dev.thaw.linux.SocketDiagnostics;
import dev.thaw.linux.SocketDiagnostics.UnixSocket;
import dev.thaw.linux.proc.TcpSocket;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** All unix and TCP sockets of one network namespace, by inode. */
final class SocketIndex {
    private final Map<Long, UnixSocket> unix = new HashMap<>();
    private final Map<Long, TcpSocket> tcp = new HashMap<>();
    private final Map<Long, Long> unread;

    /** @param unread bytes by inode */
    SocketIndex(List<UnixSocket> unixSockets, List<TcpSocket> tcpSockets, Map<Long, Long> unread) {
        this.unread = unread;
        unixSockets.forEach(socket -> unix.put(socket.inode(), socket));
        tcpSockets.forEach(socket -> tcp.put(socket.inode(), socket));
    }

    /** Of the network namespace that a process is in. */
    static SocketIndex of(int pid) {
        return new SocketIndex(SocketDiagnostics.unixSockets(pid), TcpSocket.read(pid), ReceiveQueues.of(pid));
    }

    Optional<UnixSocket> unix(long inode) {
        return Optional.ofNullable(unix.get(inode));
    }

    /** The protocol of a unix socket is not asked for: one call less for what most trees have most of. */
    ScannedDescriptor.Socket describe(int pid, int fd, long inode) {
        Optional<UnixSocket> found = unix(inode);
        String protocol = found.isPresent() ? "UNIX" : SocketDiagnostics.protocol(pid, fd).orElse("");
        Optional<UnixSocket> peer = found.map(UnixSocket::peer).filter(OptionalLong::isPresent).flatMap(end -> unix(end.getAsLong()));
        return new ScannedDescriptor.Socket(protocol, found, peer, Optional.ofNullable(tcp.get(inode)), unread.getOrDefault(inode, 0L));
    }

    /** Inodes of sockets of the tree that wait at a listener which is not of the tree. */
    Set<Long> waiting(List<ScannedProcess> processes) {
        Set<Long> ofTree = inodes(processes);
        Set<Long> waiting = new HashSet<>();
        for (UnixSocket socket : unix.values()) {
            if (!ofTree.contains(socket.inode())) {
                socket.waiting().stream().filter(ofTree::contains).forEach(waiting::add);
            }
        }
        return waiting;
    }

    static Set<Long> inodes(List<ScannedProcess> processes) {
        Set<Long> inodes = new HashSet<>();
        for (ScannedProcess process : processes) {
            for (ScannedDescriptor descriptor : process.descriptors()) {
                if (descriptor.kind().equals("socket")) {
                    inodes.add(descriptor.description().inode());
                }
            }
        }
        return inodes;
    }
}
