package dev.thaw.check.image;

import dev.thaw.check.Finding;
import dev.thaw.image.DescriptorRef;
import dev.thaw.image.FileId;
import dev.thaw.image.FileImage;
import dev.thaw.image.FileImage.InetSocket;
import dev.thaw.image.FileImage.RegularFile;
import dev.thaw.image.FileImage.UnixSocket;
import dev.thaw.image.TtyInfo;
import dev.thaw.plan.Handover;
import dev.thaw.plan.PlanResult;
import dev.thaw.plan.Use;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What there is only one of: addresses, names of sockets, numbers of terminals, and the very programs that were mapped. */
final class ResourceRules {
    private final ImageFacts facts;
    private final List<Finding> findings;
    private final Set<DescriptorRef> handedOver = new HashSet<>();

    ResourceRules(ImageFacts facts, List<Finding> findings) {
        this.facts = facts;
        this.findings = findings;
        if (facts.plan() instanceof PlanResult.Ready ready) {
            for (Handover handover : ready.plan().handovers()) {
                handover.uses().stream().filter(use -> use.kind() == Use.Kind.DESCRIPTOR)
                        .forEach(use -> use.pids().forEach(pid -> handedOver.add(new DescriptorRef(pid, use.fd()))));
            }
        }
    }

    void apply() {
        facts.image().openFiles().forEach((id, references) -> {
            if (!handedOver.containsAll(references)) {
                facts.image().file(id).ifPresent(file -> open(file, references.get(0)));
            }
        });
        for (FileImage file : facts.image().files().values()) {
            if (file instanceof RegularFile regular) {
                program(regular);
            }
        }
    }

    private void open(FileImage file, DescriptorRef reference) {
        String where = "fd " + reference.fd() + " of pid " + reference.pid();
        if (file instanceof InetSocket socket) {
            internet(socket, where, reference);
        } else if (file instanceof UnixSocket socket && socket.isListening() && !socket.name().isEmpty()) {
            named(socket, where);
        } else if (file instanceof FileImage.Tty tty) {
            facts.image().tty(tty).filter(info -> info.isPty() && info.master()).flatMap(this::taken).ifPresent(holder -> findings.add(
                    Finding.stops(where + " is a terminal that needs the number " + facts.image().tty(tty).map(TtyInfo::index).orElse(0), holder + " has it",
                            "end that program first: fuser -v /dev/pts/" + facts.image().tty(tty).map(TtyInfo::index).orElse(0))));
        }
    }

    private Optional<String> taken(TtyInfo terminal) {
        return Optional.ofNullable(facts.machine().taken().get(Needs.terminal(terminal.index())));
    }

    private void internet(InetSocket socket, String where, DescriptorRef reference) {
        if (socket.sourcePort() == 0 || !(socket.isListening() || socket.isUdp() || socket.isEstablished())) {
            return;
        }
        String local = Needs.address(socket);
        boolean connects = socket.isEstablished() && !facts.image().inventory().tcpClose();
        if (!Needs.isAny(socket.sourceAddress()) && !facts.machine().addresses().contains(Needs.normal(socket.sourceAddress())) && (connects || !socket.isEstablished())) {
            findings.add(Finding.stops(where + " is bound to " + local, "that address is not this machine's", "ip address add " + socket.sourceAddress()
                    + "/32 dev lo", "thaw restore --map fd:" + reference.pid() + "/" + reference.fd() + "=fd:N IMAGE, with a socket of yours"));
        }
        String holder = facts.machine().taken().get(local);
        if (holder != null && !socket.isEstablished()) {
            findings.add(Finding.stops(where + " is bound to " + local + ", which is in use", holder + " has it", "end it first: ss -lntup",
                    "thaw restore --map fd:" + reference.pid() + "/" + reference.fd() + "=fd:N IMAGE, which hands over a socket of yours"));
        }
    }

    private void named(UnixSocket socket, String where) {
        String holder = facts.machine().taken().get(Needs.unix(socket));
        String name = socket.name().replace("\0", "@");
        if (holder != null && socket.isAbstract()) {
            findings.add(Finding.stops(where + " listens at " + name + ", which is in use", holder + " has it", "end it first: ss -lxp"));
        } else if (holder != null) {
            findings.add(Finding.differs(where + " listens at " + name + ", where " + holder + " listens now", "criu removes the path and makes its own there",
                    "end it first: ss -lxp"));
        }
    }

    private void program(RegularFile file) {
        String now = facts.machine().buildIds().get(file.path());
        FileId id = file.id();
        List<Integer> users = facts.image().pathReferences(id);
        // Of images that thaw wrote the comparison has looked at this already.
        if (facts.manifest().isEmpty() && file.buildId().isPresent() && now != null && !now.equals(file.buildId().get()) && !users.isEmpty()) {
            findings.add(Finding.stops(file.path() + " is another build now (used by pid " + users.get(0) + ")", "criu compares build ids: "
                    + shortened(file.buildId().get()) + " at the dump, " + shortened(now) + " now", "put the old package back, or make a new checkpoint"));
        }
    }

    private static String shortened(String id) {
        return id.substring(0, Math.min(12, id.length()));
    }
}
