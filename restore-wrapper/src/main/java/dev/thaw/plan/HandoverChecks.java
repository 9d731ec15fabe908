package dev.thaw.plan;

import dev.thaw.image.FileImage;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.OpenFlags;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** What a handover would break in the application or in criu, found before anything is touched. */
final class HandoverChecks {
    private final World world;
    private final Map<Integer, Set<Integer>> watchedByTable = new HashMap<>();
    private final Consumer<PlanProblem> problems;

    HandoverChecks(PlanInput input, World world, Consumer<PlanProblem> problems) {
        this.world = world;
        this.problems = problems;
        for (Subject subject : input.subjects()) {
            if (subject.file() instanceof FileImage.Eventpoll epoll) {
                Set<Integer> watched = watchedByTable.computeIfAbsent(subject.use().filesId(), table -> new HashSet<>());
                epoll.watched().forEach(entry -> watched.add(entry.fd()));
            }
        }
    }

    void check(Group group, Handover.Way way) {
        Opening opening = group.decision().opening();
        for (Subject subject : group.subjects()) {
            if (watchedByTable.getOrDefault(subject.use().filesId(), Set.of()).contains(subject.fd()) && !canBePolled(opening)) {
                problems.accept(PlanProblem.of(subject.text() + " is watched by an epoll set and cannot become a file: " + subject.link(),
                        "the kernel takes no regular files and no /dev/null into epoll sets (man 2 epoll_ctl)",
                        "hand over a pipe, socket or terminal: fd:N, inherit, broker:NAME, journal"));
            }
            if (way == Handover.Way.TARGETED && subject.file() instanceof FileImage.PipeEnd) {
                own(opening).ifPresent(own -> checkDirection(subject, own, group.decision().rule()));
            }
        }
    }

    /** A pipe is opened again in the direction that is needed, but not where it has to be handed over as it is. */
    private void checkDirection(Subject subject, OwnDescriptor own, String rule) {
        int wanted = subject.wantedAccess();
        if (!own.isNull() && wanted != OpenFlags.O_RDWR && !own.allows(wanted)) {
            problems.accept(PlanProblem.of(rule + ": descriptor " + own.number() + " is open for " + OpenFlags.access(own.flags()) + " only",
                    subject.text() + " was open for " + OpenFlags.access(wanted) + ": " + subject.link(),
                    "open it with the access mode that the application needs"));
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
