package dev.thaw.check.pid;

import dev.thaw.check.Finding;
import dev.thaw.checkpoint.ScannedDescriptor;
import dev.thaw.checkpoint.ScannedProcess;
import dev.thaw.checkpoint.TreeScan;
import dev.thaw.checkpoint.TreeScan.Holder;
import dev.thaw.linux.SocketCalls;
import dev.thaw.linux.SocketDiagnostics.UnixSocket;
import dev.thaw.linux.proc.ProcLink;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Pipes, sockets and terminals whose other end is outside: who has it, and what a restore makes of our end. */
final class OtherEndRules {
    private final TreeScan scan;
    private final List<Finding> findings;
    /** By link: all descriptors of the tree for one pipe, socket or terminal. */
    private final Map<String, List<End>> ends = new LinkedHashMap<>();
    private final Set<Integer> masters = new HashSet<>();
    private final Set<Long> sockets = new HashSet<>();
    /** A socket that descriptors were sent to; empty when there is none. */
    private String receiver = "";

    private record End(ScannedProcess process, ScannedDescriptor descriptor) {
        boolean reads() {
            return !descriptor.description().access().equals("write");
        }

        boolean writes() {
            return !descriptor.description().access().equals("read");
        }

        boolean isStream() {
            return descriptor.fd() <= 2;
        }

        String text() {
            return descriptor.text(process);
        }
    }

    OtherEndRules(TreeScan scan, List<Finding> findings) {
        this.scan = scan;
        this.findings = findings;
        for (ScannedProcess process : scan.processes()) {
            for (ScannedDescriptor descriptor : process.descriptors()) {
                descriptor.extras().terminalIndex().ifPresent(masters::add);
                if (descriptor.extras().underWay() > 0 && receiver.isEmpty()) {
                    receiver = descriptor.text(process);
                }
                if (descriptor.kind().equals("socket")) {
                    sockets.add(descriptor.description().inode());
                }
                if (Set.of("pipe", "socket", "tty").contains(descriptor.kind())) {
                    ends.computeIfAbsent(descriptor.description().link(), none -> new ArrayList<>()).add(new End(process, descriptor));
                }
            }
        }
    }

    void apply() {
        for (List<End> same : ends.values()) {
            switch (same.get(0).descriptor().kind()) {
                case "pipe" -> pipe(same);
                case "socket" -> socket(same);
                default -> terminal(same);
            }
        }
    }

    private void pipe(List<End> same) {
        boolean read = same.stream().anyMatch(End::reads);
        boolean written = same.stream().anyMatch(End::writes);
        List<Holder> outside = scan.holders(TreeScan.pipeKey(same.get(0).descriptor().description().inode()));
        if (read && written) {
            if (!outside.isEmpty()) {
                findings.add(Finding.differs(what(same) + ", which " + outside.get(0) + " has open too",
                        "after a restore it is a new pipe, and whoever is outside stays with the old one",
                        "end it before: kill " + outside.get(0).pid() + ", or start it in the tree"));
            }
            return;
        }
        List<Holder> others = outside.stream().filter(holder -> written ? !holder.access().equals("write") : !holder.access().equals("read")).toList();
        String role = written ? "reader" : "writer";
        if (others.isEmpty() && !receiver.isEmpty()) {
            findings.add(Finding.note(what(same) + "; its " + role + " has gone, or is on its way to " + receiver,
                    "descriptors that were sent and not received yet are in the image"));
            return;
        }
        external(same, others.isEmpty() ? "its " + role + " has gone" : "its " + role + " is " + named(others));
    }

    private void socket(List<End> same) {
        ScannedDescriptor descriptor = same.get(0).descriptor();
        UnixSocket socket = descriptor.socket().flatMap(ScannedDescriptor.Socket::unix).orElse(null);
        if (socket == null || socket.peer().isEmpty() || sockets.contains(socket.peer().getAsLong())) {
            return;
        }
        String name = descriptor.socket().flatMap(ScannedDescriptor.Socket::peer).map(UnixSocket::name).orElse("").replace("\0", "@");
        List<Holder> others = scan.holders(TreeScan.socketKey(socket.peer().getAsLong()));
        String peer = "its peer is " + (others.isEmpty() ? "outside the tree" : named(others)) + (name.isEmpty() ? "" : ", " + name);
        if (socket.type() == SocketCalls.SOCK_DGRAM && !name.isEmpty() && same.stream().noneMatch(End::isStream)) {
            findings.add(Finding.note(what(same) + "; " + peer, "a restore connects it to that name again"));
        } else {
            external(same, peer);
        }
    }

    private void terminal(List<End> same) {
        ScannedDescriptor descriptor = same.get(0).descriptor();
        int index = descriptor.slaveIndex();
        if (index >= 0 && !masters.contains(index) && !ProcLink.isDeleted(descriptor.description().link())) {
            List<Holder> others = scan.holders(TreeScan.masterKey(index));
            external(same, others.isEmpty() ? "its other side is outside the tree" : "its other side is " + named(others));
        }
    }

    /** What thaw restore does by itself: streams, and duplicates of streams, get its own; everything else has to be said. */
    private void external(List<End> same, String where) {
        int stream = same.stream().filter(End::isStream).mapToInt(end -> end.descriptor().fd()).min().orElse(-1);
        String what = what(same) + "; " + where;
        if (stream >= 0) {
            String option = List.of("--stdin", "--stdout", "--stderr").get(stream);
            findings.add(Finding.note(what, "criu alone would give it an end that nobody is at; thaw restore gives it thaw's own "
                    + List.of("input", "output", "error output").get(stream), "thaw restore " + option + " SOURCE IMAGE, for another"));
        } else {
            String key = same.get(0).descriptor().description().key();
            boolean writes = same.stream().anyMatch(End::writes);
            findings.add(Finding.needs(what, "what is there after a restore only you can say",
                    "thaw restore --map '" + key + "=" + (writes ? "append:FILE" : "read:FILE") + "' IMAGE, or =null, =broker:NAME"));
        }
    }

    private static String what(List<End> same) {
        return same.get(0).text() + (same.size() > 1 ? " (and " + (same.size() - 1) + (same.size() == 2 ? " more descriptor)" : " more descriptors)") : "");
    }

    private static String named(List<Holder> holders) {
        return holders.get(0) + (holders.size() > 1 ? " and " + (holders.size() - 1) + " more" : "");
    }
}
