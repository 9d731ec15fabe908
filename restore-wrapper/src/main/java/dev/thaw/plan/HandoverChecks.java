package dev.thaw.plan;

import dev.thaw.image.FileId;
import dev.thaw.image.FileImage;
import dev.thaw.image.TtyInfo;
import dev.thaw.linux.FileStatus;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** What criu would stumble over after the handover itself, found before anything is touched. */
final class HandoverChecks {
    private final PlanInput input;
    private final World world;
    private final Map<Integer, Set<Integer>> watchedByTable = new HashMap<>();
    private final Consumer<PlanProblem> problems;

    HandoverChecks(PlanInput input, World world, Consumer<PlanProblem> problems) {
        this.input = input;
        this.world = world;
        this.problems = problems;
        for (Subject subject : input.subjects()) {
            if (subject.file() instanceof FileImage.Eventpoll epoll) {
                Set<Integer> watched = watchedByTable.computeIfAbsent(subject.use().filesId(), table -> new HashSet<>());
                epoll.watched().forEach(entry -> watched.add(entry.fd()));
            }
        }
    }

    void check(Group group) {
        Opening opening = group.decision().opening();
        for (Subject subject : group.subjects()) {
            if (watchedByTable.getOrDefault(subject.use().filesId(), Set.of()).contains(subject.fd()) && !canBePolled(opening)) {
                problems.accept(PlanProblem.of(subject.text() + " is watched by an epoll set and cannot become a file: " + subject.link(),
                        "the kernel takes no regular files and no /dev/null into epoll sets (man 2 epoll_ctl)",
                        "hand over a pipe, socket or terminal: fd:N, inherit, broker:NAME, journal"));
            }
        }
    }

    /** A connected socket is restored together with its peer: without that entry criu stops (criu/sk-unix.c, resolve_unix_peers). */
    void checkPeers(Set<FileId> dropped) {
        for (Subject subject : input.subjects()) {
            if (subject.file() instanceof FileImage.UnixSocket socket && !dropped.contains(socket.id())) {
                Optional<FileImage.UnixSocket> peer = input.image().peer(socket).filter(other -> dropped.contains(other.id()));
                peer.ifPresent(gone -> problems.accept(PlanProblem.of(subject.text() + " would lose its other end, socket:[" + gone.inode()
                        + "]: that is in the tree and is to be replaced", "CRIU restores a connected socket only together with its peer",
                        "give both ends a source, or neither: --map " + subject.mapKey() + "=…")));
            }
        }
    }

    /**
     * /dev/tty opens only in a session with a controlling terminal.
     *
     * @param left terminals that CRIU restores by itself
     * @param controlled sessions whose terminal is handed over as one
     */
    void checkControllingTerminals(List<Subject> left, Set<Integer> controlled) {
        Set<Integer> withTerminal = new HashSet<>(controlled);
        Set<Integer> known = new HashSet<>();
        Topology topology = input.topology();
        Set<Use> uses = new HashSet<>();
        left.forEach(subject -> uses.add(subject.use()));
        for (Subject subject : input.subjects()) {
            topology.terminal(subject).filter(info -> info.type() != TtyInfo.CTTY).ifPresent(info -> {
                known.add(info.session());
                if (uses.contains(subject.use())) {
                    withTerminal.add(info.session());
                }
            });
        }
        if (topology.isShellJob() && Search.any(world.own().values(), OwnDescriptor::terminal)) {
            withTerminal.add(input.image().root().session());
        }
        for (Subject subject : left) {
            topology.terminal(subject).filter(info -> info.type() == TtyInfo.CTTY && known.contains(info.session())
                    && !withTerminal.contains(info.session())).ifPresent(info -> problems.accept(PlanProblem.of(subject.text()
                            + " is /dev/tty, and its session would have no terminal: " + subject.link(),
                            "what takes the place of the terminal that controlled it is none", "--map " + subject.mapKey() + "=null, or another source",
                            "--stdin pty --stdout pty --stderr pty, for a terminal of its own")));
        }
    }

    private boolean canBePolled(Opening opening) {
        if (opening instanceof Opening.Path path) {
            Optional<FileStatus> status = world.at(path.path());
            return status.isPresent() && !isUnpollable(status.get()) && !path.path().equals("/dev/null");
        }
        return own(opening).filter(own -> own.isNull() || isUnpollable(own.status())).isEmpty();
    }

    private static boolean isUnpollable(FileStatus status) {
        return status.isRegular() || status.isDirectory();
    }

    private Optional<OwnDescriptor> own(Opening opening) {
        return opening instanceof Opening.Own own ? Optional.ofNullable(world.own().get(own.number())) : Optional.empty();
    }
}
