package dev.thaw.check.image;

import dev.thaw.image.FileImage.InetSocket;
import dev.thaw.image.FileImage.UnixSocket;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.TtyInfo;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.SocketDiagnostics;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.linux.proc.TcpSocket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds who has the addresses, socket names and terminals that an image needs. */
final class Takers {
    private static final int LISTENING = 10;

    private final Map<String, String> links = new HashMap<>();
    private final Map<String, String> found = new HashMap<>();

    Takers(ImageSnapshot image) {
        boolean ownNetwork = image.root().ids().net() != image.inventory().rootIds().net();
        Map<String, List<TcpSocket>> internet = Map.of("tcp", table("tcp", "tcp6"), "udp", table("udp", "udp6"));
        List<SocketDiagnostics.UnixSocket> unix = ownNetwork ? List.of() : SocketDiagnostics.unixSockets();
        image.openFiles().keySet().forEach(id -> image.file(id).ifPresent(file -> {
            if (file instanceof InetSocket socket && !ownNetwork && (socket.isListening() || socket.isUdp()) && socket.sourcePort() != 0) {
                internet.get(socket.isTcp() ? "tcp" : "udp").stream().filter(other -> collide(socket, other)).findFirst()
                        .ifPresent(other -> links.put("socket:[" + other.inode() + "]", Needs.address(socket)));
            } else if (file instanceof UnixSocket socket && socket.isListening() && !socket.name().isEmpty()) {
                unix.stream().filter(other -> other.state() == LISTENING && other.name().equals(socket.name())).findFirst()
                        .ifPresent(other -> links.put("socket:[" + other.inode() + "]", Needs.unix(socket)));
            }
        }));
        for (TtyInfo terminal : image.ttys().values()) {
            if (terminal.isPty() && terminal.master() && FileCalls.statIfExists(Needs.terminal(terminal.index())).isPresent()) {
                links.put(Needs.terminal(terminal.index()), Needs.terminal(terminal.index()));
            }
        }
        if (!links.isEmpty()) {
            links.values().forEach(need -> found.put(need, "a process that cannot be seen"));
            ProcessTable.pids().forEach(this::look);
        }
    }

    /** By the names of {@link Needs}. */
    Map<String, String> found() {
        return found;
    }

    private static boolean collide(InetSocket ours, TcpSocket other) {
        boolean anyAddress = Needs.isAny(other.localAddress()) || Needs.isAny(ours.sourceAddress());
        boolean bound = !ours.isTcp() || other.isListening();
        return bound && other.localPort() == ours.sourcePort() && (anyAddress || Needs.normal(other.localAddress()).equals(Needs.normal(ours.sourceAddress())));
    }

    private void look(int pid) {
        try {
            ProcessTable.descriptors(pid).forEach(fd -> look(pid, fd));
        } catch (LinuxException notOurs) {
            return;
        }
    }

    private void look(int pid, int fd) {
        try {
            String need = links.get(ProcessTable.link(pid, fd));
            if (need != null) {
                found.put(need, "pid " + pid + " (" + ProcessStat.read(pid).map(ProcessStat::comm).orElse("gone") + ")");
            }
        } catch (LinuxException closedMeanwhile) {
            return;
        }
    }

    /** The kernel's tables of UDP have the form of those of TCP. */
    private static List<TcpSocket> table(String... names) {
        List<TcpSocket> sockets = new ArrayList<>();
        for (String name : names) {
            try {
                sockets.addAll(TcpSocket.parse(KernelString.decode(FileCalls.readAll("/proc/" + ProcessCalls.getpid() + "/net/" + name))));
            } catch (LinuxException noIpv6) {
                continue;
            }
        }
        return sockets;
    }
}
