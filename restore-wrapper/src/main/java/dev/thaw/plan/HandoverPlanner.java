package dev.thaw.plan;

import dev.thaw.image.FileEdits;
import dev.thaw.image.FileImage;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.linux.OpenFlags;
import dev.thaw.plan.Handover.Way;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** From decisions to handovers: groups descriptors, picks the way for each group, and writes down the overlay that targeted ones need. */
final class HandoverPlanner {
    /** Numbers from here on go to criu; below are its own streams. */
    private static final int FIRST_NUMBER = 3;

    private final PlanInput input;
    private final Ways ways;
    private final Map<Group.Identity, Group> groups = new LinkedHashMap<>();
    private final List<RestorePlan.Left> left = new ArrayList<>();
    private final Map<String, Boolean> keyHitsOthers = new LinkedHashMap<>();
    private final List<PathHandover> paths = new ArrayList<>();
    private final List<PlanProblem> problems = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    HandoverPlanner(PlanInput input, World world) {
        this.input = input;
        this.ways = new Ways(input, world);
    }

    /** A path that is handed over for uses that are no descriptors: a moved executable, library or working directory. */
    record PathHandover(String path, List<Use> uses, Opening opening, String rule, String because) {}

    void replace(Subject subject, Decision.Replaced decision) {
        groups.computeIfAbsent(Group.Identity.of(decision, Optional.of(subject.file().id())), id -> new Group(decision)).add(subject);
    }

    void add(Use use, Decision.Replaced decision) {
        groups.computeIfAbsent(Group.Identity.of(decision, Optional.empty()), id -> new Group(decision)).addNew(use);
    }

    void leave(Subject subject, Decision.Left decision) {
        left.add(new RestorePlan.Left(List.of(subject.use()), subject.link(), decision.because()));
        subject.key().ifPresent(key -> keyHitsOthers.put(key, true));
    }

    /** Uses that are no descriptors and are left to CRIU: a plain key would hit them. */
    void leave(FileImage file) {
        InheritKeys.of(file, input.image()).ifPresent(key -> keyHitsOthers.put(key, true));
    }

    void replacePath(PathHandover path) {
        paths.add(path);
        keyHitsOthers.put(InheritKeys.ofPath(path.path()), true);
    }

    void replaceNamespace(String key, Use use, Opening opening, String rule) {
        paths.add(new PathHandover(key, List.of(use), opening, rule, "declared external at the dump"));
    }

    /** The outcome; {@link #problems()} has what went wrong. */
    record Outcome(List<Handover> handovers, List<RestorePlan.Left> left, Optional<RestorePlan.OverlayEdits> overlay, List<String> notes) {}

    List<PlanProblem> problems() {
        return problems;
    }

    Outcome finish() {
        Map<String, List<Group>> byKey = new LinkedHashMap<>();
        groups.values().forEach(group -> group.key().ifPresent(key -> byKey.computeIfAbsent(key, k -> new ArrayList<>()).add(group)));
        List<Handover> handovers = new ArrayList<>();
        OverlayBuilder overlay = new OverlayBuilder(input);
        Map<String, Integer> reopened = new LinkedHashMap<>();
        for (Group group : groups.values()) {
            String key = group.key().orElse("");
            Ways.Choice choice = ways.of(group, byKey.getOrDefault(key, List.of()), keyHitsOthers.getOrDefault(key, false));
            if (choice.way() != Way.TARGETED && reopened.containsKey(key)) {
                // One key serves every entry of the resource: criu would ignore a second descriptor for it.
                int at = reopened.get(key);
                handovers.set(at, joined(handovers.get(at), group));
                continue;
            }
            Optional<FileEdits.Added> entry = choice.way() == Way.TARGETED ? Optional.of(overlay.retarget(group)) : Optional.empty();
            checkEpoll(group, choice);
            Handover handover = handover(FIRST_NUMBER + handovers.size(), group, choice, entry);
            if (choice.way() != Way.TARGETED) {
                reopened.put(key, handovers.size());
            }
            handovers.add(handover);
        }
        for (PathHandover path : paths) {
            handovers.add(new Handover(FIRST_NUMBER + handovers.size(), InheritKeys.ofPath(path.path()), Way.BY_KEY, path.uses(), path.path(),
                    path.opening(), OpenFlags.O_RDONLY, Handover.Bytes.NONE, path.rule(), path.because()));
        }
        return new Outcome(handovers, left, overlay.build(), notes);
    }

    private static Handover joined(Handover handover, Group group) {
        List<Use> uses = new ArrayList<>(handover.uses());
        uses.addAll(group.uses());
        return new Handover(handover.number(), handover.key(), handover.way(), uses, handover.what(), handover.opening(), handover.flags(),
                handover.replay(), handover.rule(), handover.because());
    }

    private Handover handover(int number, Group group, Ways.Choice choice, Optional<FileEdits.Added> entry) {
        String what = group.subjects().isEmpty() ? "closed" : group.subjects().get(0).link();
        int flags = group.subjects().isEmpty() ? OpenFlags.O_RDWR : group.subjects().get(0).file().flags();
        String key = entry.map(FileEdits.Added::key).orElseGet(() -> group.key().orElseThrow());
        return new Handover(number, key, choice.way(), group.uses(), what, group.decision().opening(), flags, replay(group),
                group.decision().rule(), group.decision().because() + "; " + choice.because());
    }

    /** Unread bytes of a pipe or FIFO that the application reads. Those of pipes it writes went to their old reader. */
    private Handover.Bytes replay(Group group) {
        ImageSnapshot image = input.image();
        for (Subject subject : group.subjects()) {
            byte[] unread = null;
            if (subject.file() instanceof FileImage.PipeEnd pipe && (pipe.flags() & OpenFlags.O_ACCMODE) != OpenFlags.O_WRONLY) {
                unread = image.pipeData().get(pipe.pipeId());
            } else if (subject.file() instanceof FileImage.Fifo fifo && (fifo.flags() & OpenFlags.O_ACCMODE) != OpenFlags.O_WRONLY) {
                unread = image.fifoData().get(fifo.pipeId());
            }
            if (unread != null && unread.length > 0) {
                return new Handover.Bytes(unread);
            }
            if (subject.file() instanceof FileImage.UnixSocket socket && image.hasSocketQueues()) {
                notes.add("unread data of " + subject.link() + " (" + subject.text() + ") is lost: it was queued in a socket that is replaced");
            }
        }
        return Handover.Bytes.NONE;
    }

    /** epoll_ctl(2) refuses regular files: an epoll set that holds the descriptor could not be made again. */
    private void checkEpoll(Group group, Ways.Choice choice) {
        if (choice.way() != Way.TARGETED || !(group.decision().opening() instanceof Opening.Path)) {
            return;
        }
        for (Subject subject : group.subjects()) {
            boolean watched = input.subjects().stream().filter(other -> other.use().filesId() == subject.use().filesId())
                    .anyMatch(other -> other.file() instanceof FileImage.Eventpoll epoll
                            && epoll.watched().stream().anyMatch(entry -> entry.fd() == subject.fd()));
            if (watched) {
                problems.add(PlanProblem.of(subject.text() + " is watched by an epoll set and cannot become a file: " + subject.link(),
                        "the kernel takes no regular files and no /dev/null into epoll sets (man 2 epoll_ctl)",
                        "hand over a pipe, socket or terminal: fd:N, inherit, broker:NAME, journal"));
            }
        }
    }

}
