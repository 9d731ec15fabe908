package dev.thaw.checkpoint;

import dev.thaw.checkpoint.DumpOptions.NetworkLock;
import dev.thaw.checkpoint.DumpOptions.Tcp;
import dev.thaw.linux.SocketCalls;
import dev.thaw.linux.SocketDiagnostics.UnixSocket;
import dev.thaw.linux.proc.TcpSocket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Sockets: peers outside the tree, connections, and families that criu does not know. */
final class SocketRules {
    private static final Set<String> KNOWN =
            Set.of("TCP", "TCPv6", "UDP", "UDPv6", "UDP-Lite", "UDPLITEv6", "RAW", "RAWv6", "PACKET", "NETLINK", "");
    private static final int SHOWN = 3;

    private final TreeScan scan;
    private final DumpOptions options;
    private final PlanDraft draft;
    private final Set<Long> inside;
    private final List<UnixSocket> clients;
    private final List<String> connected = new ArrayList<>();
    private boolean closed;

    SocketRules(TreeScan scan, DumpOptions options, PlanDraft draft) {
        this.scan = scan;
        this.options = options;
        this.draft = draft;
        this.clients = scan.processes().stream().flatMap(process -> process.descriptors().stream())
                .flatMap(descriptor -> descriptor.socket().stream()).flatMap(socket -> socket.unix().stream()).distinct().toList();
        this.inside = SocketIndex.inodes(scan.processes());
    }

    void apply() {
        Set<Long> seen = new HashSet<>();
        for (ScannedProcess process : scan.processes()) {
            for (ScannedDescriptor descriptor : process.descriptors()) {
                if (descriptor.socket().isPresent() && seen.add(descriptor.description().inode())) {
                    check(process, descriptor, descriptor.socket().get());
                }
            }
        }
        connections();
        if (scan.hasOwnNetwork() && !options.criuOptions().contains("--network-lock")) {
            lock();
        }
    }

    private void check(ScannedProcess process, ScannedDescriptor descriptor, ScannedDescriptor.Socket socket) {
        if (socket.unix().isPresent()) {
            unix(process, descriptor, socket.unix().get(), socket.peer());
        } else if (socket.isTcp()) {
            if (socket.tcp().isEmpty()) {
                closed = true; // or never connected, which looks the same, and for which the option changes nothing
            } else if (socket.tcp().get().isListening()) {
                waitingAtTcp(process, descriptor, socket.tcp().get());
            } else {
                connected.add(descriptor.text(process) + ", " + socket.tcp().get().local() + " to " + socket.tcp().get().remote() + " ("
                        + socket.tcp().get().stateName() + ")");
            }
        } else if (socket.protocol().equals("MPTCP")) {
            draft.add(Finding.problem(descriptor.text(process) + ", multipath TCP", "criu has no image for it",
                    "start Go programs with GODEBUG=multipathtcp=0", "use plain TCP (protocol 0) in the program"));
        } else if (socket.protocol().equals("NETLINK") && socket.unreadBytes() > 0) {
            draft.add(Finding.problem(descriptor.text(process) + ", netlink, has unread messages", "criu does not keep them, and refuses",
                    "again when the program has read them", "ss -f netlink -p, which shows the queue"));
        } else if (!KNOWN.contains(socket.protocol()) && !socket.protocol().startsWith("UNIX")) {
            draft.add(Finding.problem(descriptor.text(process) + ", protocol " + socket.protocol(), "criu has no image for sockets of this family",
                    "close it before the checkpoint"));
        }
    }

    private void waitingAtTcp(ScannedProcess process, ScannedDescriptor descriptor, TcpSocket listener) {
        if (options.kept().contains(descriptor.description().key())) {
            // They wait at the broker's descriptor; and somebody may come between this look and the dump.
            draft.flag("--skip-in-flight");
            return;
        }
        if (listener.waiting() == 0) {
            return;
        }
        String what = descriptor.text(process) + ", " + listener.local() + ": " + listener.waiting() + " not accepted";
        String because = "criu does not dump connections that the program has not accepted yet";
        if (options.tcp().equals(Optional.of(Tcp.CLOSE))) {
            draft.flag("--skip-in-flight");
            draft.add(Finding.differs(what, because + ": they are dropped", "again when the program has accepted them"));
        } else if (!options.criuOptions().contains("--skip-in-flight")) {
            draft.add(Finding.problem(what, because, "again when the program has accepted them",
                    "thaw checkpoint --criu-option --skip-in-flight, which drops them"));
        }
    }

    /** Those who have connected and were not accepted yet: criu connects those of the tree again, if it can. */
    private void waitingAtUnix(ScannedProcess process, ScannedDescriptor descriptor, UnixSocket listener) {
        List<UnixSocket> ours = clients.stream().filter(client -> listener.waiting().contains(client.inode())).toList();
        String what = descriptor.text(process) + ": " + listener.waiting().size() + " not accepted";
        if (ours.size() < listener.waiting().size() && !options.kept().contains(descriptor.description().key())) {
            draft.add(Finding.differs(what, "clients outside the tree have connected to it, and criu drops what was not accepted",
                    "again when the program has accepted them"));
        }
        if (ours.stream().anyMatch(client -> client.unsentBytes() > 0)) {
            draft.add(Finding.problem(what, "a client of the tree has connected and written, and criu has no image for that",
                    "again when the program has accepted it"));
        } else if (!ours.isEmpty() && descriptor.place() == ScannedDescriptor.Place.DELETED) {
            draft.add(Finding.problem(what, "a client of the tree has connected, and criu cannot repeat that: the socket's path is gone",
                    "again when the program has accepted it"));
        }
    }

    private void unix(ScannedProcess process, ScannedDescriptor descriptor, UnixSocket socket, Optional<UnixSocket> peer) {
        if (!socket.waiting().isEmpty()) {
            waitingAtUnix(process, descriptor, socket);
        }
        if (scan.waiting().contains(socket.inode())) {
            draft.add(Finding.needs(descriptor.text(process) + " waits for its connection to be accepted",
                    "criu cannot connect it again: a restore has to replace it", "again when the server has accepted it"));
        }
        if (socket.peer().isEmpty() || inside.contains(socket.peer().getAsLong())) {
            return;
        }
        boolean named = peer.filter(end -> !end.name().isEmpty()).isPresent();
        if (socket.type() == SocketCalls.SOCK_DGRAM && named) {
            draft.flag("--ext-unix-sk"); // a restore connects it to the name again, as it does to /dev/log
        } else {
            draft.external("unix[" + socket.inode() + "]");
        }
    }

    private void lock() {
        draft.networkLock(options.lock().name().toLowerCase(Locale.ROOT));
    }

    private void connections() {
        Optional<Tcp> tcp = options.tcp();
        if (options.decidesTcpItself()) {
            return;
        }
        if (tcp.isEmpty() && !connected.isEmpty()) {
            List<String> because = new ArrayList<>(connected.subList(0, Math.min(SHOWN, connected.size())));
            if (connected.size() > SHOWN) {
                because.add("and " + (connected.size() - SHOWN) + " more");
            }
            String what = connected.size() == 1 ? "a TCP connection is open" : connected.size() + " TCP connections are open";
            draft.add(new Finding(Finding.Severity.PROBLEM, what, because, List.of(
                    "--tcp close: they are closed after a restore, as if the peer had gone",
                    "--tcp established: they go on, if the restore has the same addresses and the peer still waits")));
        } else if (tcp.equals(Optional.of(Tcp.ESTABLISHED))) {
            draft.flag("--tcp-established");
            if (!connected.isEmpty() || closed) {
                lock();
            }
            if (!connected.isEmpty() && options.lock() == NetworkLock.SKIP) {
                draft.add(Finding.differs("TCP connections are not locked", "neither nftables nor iptables work here, so that what a peer sends after the dump "
                        + "is answered with a reset", "install iptables", "a criu with nftables: criu check --feature network_lock_nftables"));
            }
        } else if (tcp.isPresent() || closed) {
            draft.flag("--tcp-close");
        }
    }
}
