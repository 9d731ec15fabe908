package dev.thaw.check.pid;

import dev.thaw.check.Finding;
import dev.thaw.check.pid.PidFacts.Ref;
import dev.thaw.check.pid.PidFacts.Share;
import dev.thaw.checkpoint.ScannedDescriptor;
import dev.thaw.checkpoint.ScannedProcess;
import dev.thaw.checkpoint.TreeScan.Holder;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.SocketDiagnostics.UnixSocket;
import dev.thaw.linux.proc.TcpSocket;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the tree has in common with processes outside: criu says nothing of it, and after a restore each side has its own. */
final class SharingRules {
    private static final String PRIVATE = "criu restores it for the tree alone: what one side does then, the other does not see";

    private final PidFacts facts;
    private final List<Finding> findings;
    private final Map<Ref, ScannedDescriptor> descriptors = new LinkedHashMap<>();
    private final Map<Integer, ScannedProcess> processes = new LinkedHashMap<>();

    SharingRules(PidFacts facts, List<Finding> findings) {
        this.facts = facts;
        this.findings = findings;
        for (ScannedProcess process : facts.scan().processes()) {
            processes.put(process.pid(), process);
            process.descriptors().forEach(descriptor -> descriptors.put(new Ref(process.pid(), descriptor.fd()), descriptor));
        }
    }

    void apply() {
        Set<Ref> seen = new HashSet<>();
        for (Share share : facts.shares()) {
            if (seen.add(share.ours())) { // one holder is named, however many there are
                describe(share);
            }
        }
        memory();
    }

    private void describe(Share share) {
        ScannedDescriptor descriptor = descriptors.get(share.ours());
        ScannedProcess process = processes.get(share.ours().pid());
        String what = descriptor.text(process) + ", open in " + share.theirs() + " too";
        switch (descriptor.kind()) {
            case "file" -> file(what, share.theirs(), descriptor);
            case "socket" -> socket(what, share, descriptor);
            case "tty" -> findings.add(Finding.needs(descriptor.text(process) + ", the master of what " + share.theirs() + " has open",
                    "a restore makes the terminal again under its number, which is taken meanwhile", "end that process before the restore: kill "
                            + share.theirs().pid()));
            case "signalfd" -> {
                // What it reports belongs to who reads it: nothing is shared but the set of signals.
            }
            default -> findings.add(Finding.differs(what, PRIVATE, endIt(share.theirs())));
        }
    }

    private void file(String what, Holder theirs, ScannedDescriptor descriptor) {
        boolean appends = (descriptor.description().flags() & OpenFlags.O_APPEND) != 0;
        boolean passedOn = descriptor.fd() <= 2;
        String because = "both have one offset now, and each has its own after a restore";
        if (appends || passedOn) {
            findings.add(Finding.note(what, because + (appends ? "; both append, so that makes no difference" : "")));
        } else {
            findings.add(Finding.differs(what, because, endIt(theirs)));
        }
    }

    private void socket(String what, Share share, ScannedDescriptor descriptor) {
        Optional<ScannedDescriptor.Socket> socket = descriptor.socket();
        Optional<UnixSocket> unix = socket.flatMap(ScannedDescriptor.Socket::unix);
        if (unix.isPresent()) {
            boolean listens = unix.get().state() == TcpSocket.LISTEN && unix.get().name().startsWith("/");
            findings.add(Finding.differs(what, listens ? "a restore binds a new socket to " + unix.get().name() + ", and nobody reaches the other any more"
                    : PRIVATE, endIt(share.theirs())));
        } else if (socket.isPresent() && isInternet(socket.get())) {
            findings.add(Finding.needs(what, "while it is, a restore finds the address in use", endIt(share.theirs()),
                    "or hand the socket over: thaw restore --map fd:" + share.ours().pid() + "/" + share.ours().fd() + "=fd:N IMAGE"));
        } else {
            findings.add(Finding.differs(what, PRIVATE, endIt(share.theirs())));
        }
    }

    private static boolean isInternet(ScannedDescriptor.Socket socket) {
        return socket.isTcp() ? socket.tcp().filter(TcpSocket::isListening).isPresent() : socket.protocol().startsWith("UDP");
    }

    private void memory() {
        for (ScannedProcess process : facts.scan().processes()) {
            for (long inode : process.mappings().special().sharedAnonymous()) {
                List<String> holders = facts.sharedMemory().getOrDefault(inode, List.of());
                if (!holders.isEmpty()) {
                    findings.add(Finding.differs(process.text() + " shares memory with " + holders.get(0)
                            + (holders.size() > 1 ? " and " + (holders.size() - 1) + " more" : ""), PRIVATE, "start both in one tree, and checkpoint that"));
                }
            }
        }
    }

    private static String endIt(Holder holder) {
        return "end it before the checkpoint: kill " + holder.pid();
    }
}
