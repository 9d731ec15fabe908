package dev.thaw.plan;

import dev.thaw.image.FileId;
import dev.thaw.image.FileImage;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.TaskImage;
import dev.thaw.linux.KernelString;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** (image, world, options) → a plan, or every reason why there is none. Pure: no input or output, no clock, no log. */
public final class RestorePlanner {
    private final PlanInput input;
    private final World world;
    private final RestoreOptions options;
    private final Decisions decisions;
    private final HandoverPlanner handovers;
    private final List<String> placement;
    private final List<PlanProblem> problems = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final Set<String> given = new HashSet<>();

    private RestorePlanner(ImageSnapshot image, Optional<CgroupFiles.View> recorded, World world, RestoreOptions options) {
        this.input = new PlanInput(image);
        this.world = world;
        this.options = options;
        CgroupFiles.View now = new CgroupFiles.View(world.cgroups(), world.cgroupMounts());
        this.decisions = new Decisions(input, world, options, DumpedCgroups.of(image, recorded, now));
        this.handovers = new HandoverPlanner(input, world);
        this.placement = CgroupPlacement.directories(image, recorded, now, options.cgroup());
    }

    /**
     * @param recorded the cgroups of the dumped root as a manifest has them; empty for images that thaw did not write
     */
    public static PlanResult plan(ImageSnapshot image, Optional<CgroupFiles.View> recorded, World world, RestoreOptions options) {
        return new RestorePlanner(image, recorded, world, options).plan();
    }

    private PlanResult plan() {
        Map<PlanProblem, Integer> seen = new LinkedHashMap<>();
        for (Subject subject : input.subjects()) {
            apply(subject, decisions.of(subject), seen);
        }
        problems.addAll(seen.keySet());
        addClosedOnes();
        new PathUses(input, world, options, decisions).plan(handovers, problems);
        new NamespaceUses(input.image(), world, options, decisions).plan(handovers, problems);
        InFlight.check(input, world, problems);
        problems.addAll(unmatched());
        problems.addAll(unsupported());
        HandoverPlanner.Outcome outcome = handovers.finish();
        problems.addAll(handovers.problems());
        List<String> cgroups = CgroupPlacement.existing(placement, world, options.cgroup(), problems);
        if (!problems.isEmpty()) {
            return new PlanResult.Rejected(problems);
        }
        notes.addAll(decisions.notes());
        notes.addAll(outcome.notes());
        notes.addAll(streamNotes());
        notes.addAll(closedOwnNotes(outcome.handovers()));
        ImageSnapshot image = input.image();
        LostLocks.of(image).forEach(lost -> notes.add(lost.text()));
        return new PlanResult.Ready(new RestorePlan(image.directory(), image.root().pid(), outcome.handovers(), outcome.left(),
                outcome.overlay(), switches(outcome), cgroups, Questions.numbers(image), notes));
    }

    private void apply(Subject subject, Decision decision, Map<PlanProblem, Integer> seen) {
        if (decision instanceof Decision.Left left) {
            handovers.leave(subject, left);
        } else if (decision instanceof Decision.Replaced replaced) {
            handovers.replace(subject, replaced);
        } else {
            seen.merge(((Decision.Failed) decision).problem(), 1, Integer::sum);
        }
    }

    private void addClosedOnes() {
        for (Subject closed : closedOnes()) {
            Decision decision = decisions.of(closed);
            if (decision instanceof Decision.Left) {
                continue;
            }
            if (decision instanceof Decision.Replaced replaced) {
                handovers.add(closed.use(), new Decision.Replaced(replaced.opening(), replaced.rule(), "closed in the image; "
                        + replaced.because(), replaced.description()));
                given.add(closed.mapKey());
            } else {
                problems.add(((Decision.Failed) decision).problem());
            }
        }
    }

    /** Descriptors that were closed in the image and that the user names all the same. */
    private Collection<Subject> closedOnes() {
        TaskImage root = input.image().root();
        Map<List<Integer>, Subject> found = new LinkedHashMap<>();
        for (int number : new TreeSet<>(options.streams().keySet())) {
            addIfClosed(root, number, found);
        }
        for (Rule rule : options.rules()) {
            if (rule.mustMatch() && rule.selector() instanceof Selector.Descriptor descriptor) {
                input.image().task(descriptor.pid().orElse(root.pid())).ifPresent(task -> addIfClosed(task, descriptor.fd(), found));
            }
            if (rule.selector() instanceof Selector.Pattern pattern && pattern.namesClosed() && rule.action() instanceof Rule.Action.From) {
                input.image().task(pattern.pid().orElse(root.pid())).ifPresent(task -> addIfClosed(task, pattern.fd().getAsInt(), found));
            }
        }
        return found.values();
    }

    private void addIfClosed(TaskImage task, int number, Map<List<Integer>, Subject> found) {
        if (task.filesId().isPresent() && input.image().descriptor(task.pid(), number).isEmpty()) {
            found.putIfAbsent(List.of(task.filesId().getAsInt(), number), Subject.closed(task, number, input.image()));
        }
    }

    private List<PlanProblem> unmatched() {
        if (options.allowUnmatched()) {
            return List.of();
        }
        Set<PlanProblem> found = new LinkedHashSet<>();
        for (Rule rule : options.rules()) {
            if (rule.mustMatch() && !decisions.matched().contains(rule)) {
                found.add(new PlanProblem(rule.origin() + ": nothing in the image matches this key",
                        List.of("CRIU would ignore such a key without a word"),
                        List.of("thaw inspect " + KernelString.printable(input.image().directory()) + " shows the keys there are",
                                "--allow-unmatched, if it may match nothing")));
            }
        }
        return List.copyOf(found);
    }

    private List<PlanProblem> unsupported() {
        List<PlanProblem> found = new ArrayList<>();
        if (!input.image().mounts().isEmpty()) {
            found.add(PlanProblem.of("the image has a mount namespace of its own, with " + input.image().mounts().size() + " mounts",
                    "CRIU restores one only below a new root, and with a place for each mount that came from outside; thaw knows neither",
                    "restore it with the runtime that made the container",
                    "criu restore --root MOUNTPOINT --external 'mnt[NAME]:PATH' for each mount from outside"));
        }
        for (Subject subject : input.subjects()) {
            if (subject.file() instanceof FileImage.Unknown unknown) {
                found.add(PlanProblem.of(subject.text() + " is of a kind this version does not know (type " + unknown.rawType() + ")",
                        "the image was written by a newer criu", "use a newer thaw", "restore it with criu itself"));
            }
        }
        return found;
    }

    private List<String> closedOwnNotes(List<Handover> handed) {
        return Search.mapped(
                Search.fitting(handed, handover -> handover.opening() instanceof Opening.Own own && world.own().get(own.number()).closedByCaller()),
                handover -> handover.uses().get(0).text() + " becomes /dev/null: thaw's " + handover.opening().text() + " was closed");
    }

    private List<String> streamNotes() {
        List<String> found = new ArrayList<>();
        for (int number = 0; number <= 2; number++) {
            if (input.ofRoot(number).isEmpty() && !given.contains("fd:" + number)) {
                found.add("fd " + number + " was closed in the application and stays so; give it one with "
                        + Decisions.streamOption(number) + " SOURCE");
            }
        }
        return found;
    }

    private RestorePlan.CriuSwitches switches(HandoverPlanner.Outcome outcome) {
        ImageSnapshot image = input.image();
        Set<FileId> dropped = outcome.overlay().map(edits -> edits.files().dropped()).orElse(Set.of());
        // Half-closed ones too: what counts for criu is that there is a peer (criu/sk-inet.c, tcp_connection).
        boolean connected = Search.any(input.subjects(), subject -> subject.file() instanceof FileImage.InetSocket socket
                && socket.isTcp() && socket.destPort() != 0 && !dropped.contains(socket.id()));
        Optional<String> tcp = image.inventory().tcpClose() ? Optional.of("--tcp-close")
                : connected ? Optional.of("--tcp-established") : Optional.empty();
        return new RestorePlan.CriuSwitches(input.topology().isShellJob(), !image.locks().isEmpty(), tcp, connectsOutside(outcome, dropped),
                image.inventory().allowUprobes(), List.of());
    }

    /** Whether CRIU is to connect a socket to somebody outside by itself; one that is handed over needs no leave for that. */
    private boolean connectsOutside(HandoverPlanner.Outcome outcome, Set<FileId> dropped) {
        ImageSnapshot image = input.image();
        Set<String> handed = new HashSet<>();
        outcome.handovers().forEach(handover -> handed.add(handover.key()));
        return Search.any(image.files().values(), file -> file instanceof FileImage.UnixSocket socket && !dropped.contains(file.id())
                && InheritKeys.of(file, image).filter(handed::contains).isEmpty()
                && image.peer(socket).filter(FileImage.UnixSocket::isExternPlaceholder).isPresent());
    }

}
