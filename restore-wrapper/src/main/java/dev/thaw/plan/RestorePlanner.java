package dev.thaw.plan;

import dev.thaw.fdbroker.Source;
import dev.thaw.image.FdType;
import dev.thaw.image.FileId;
import dev.thaw.image.FileImage;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.Owner;
import dev.thaw.image.TaskImage;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.OpenFlags;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** (image, world, options) → a plan, or every reason why there is none. Pure: no input or output, no clock, no log. */
public final class RestorePlanner {
    private final PlanInput input;
    private final World world;
    private final RestoreOptions options;
    private final Decisions decisions;
    private final HandoverPlanner handovers;
    private final List<PlanProblem> problems = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    private RestorePlanner(ImageSnapshot image, Optional<CgroupFiles.View> recorded, World world, RestoreOptions options) {
        this.input = new PlanInput(image);
        this.world = world;
        this.options = options;
        CgroupFiles.View now = new CgroupFiles.View(world.cgroups(), world.cgroupMounts());
        this.decisions = new Decisions(input, world, options, DumpedCgroups.of(image, recorded, now));
        this.handovers = new HandoverPlanner(input, world);
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
        problems.addAll(unmatched());
        problems.addAll(unsupported());
        HandoverPlanner.Outcome outcome = handovers.finish();
        problems.addAll(handovers.problems());
        if (!problems.isEmpty()) {
            return new PlanResult.Rejected(problems);
        }
        notes.addAll(decisions.notes());
        notes.addAll(outcome.notes());
        notes.addAll(streamNotes());
        ImageSnapshot image = input.image();
        Optional<String> cgroup = options.cgroup() instanceof CgroupChoice.At at ? Optional.of(at.path()) : Optional.empty();
        return new PlanResult.Ready(new RestorePlan(image.directory(), image.root().pid(), outcome.handovers(), outcome.left(),
                outcome.overlay(), switches(outcome), cgroup, Questions.numbers(image), notes));
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

    /** Descriptors that were closed in the image and that the user names all the same. */
    private void addClosedOnes() {
        Map<Integer, Source> wanted = new TreeMap<>(options.streams());
        wanted.keySet().removeIf(number -> input.ofRoot(number).isPresent());
        wanted.forEach((number, source) -> addClosed(input.image().root(), number, source, Decisions.streamOption(number) + " " + source.text()));
        for (Rule rule : options.rules()) {
            if (rule.mustMatch() && !decisions.matched().contains(rule) && rule.selector() instanceof Selector.Descriptor descriptor
                    && rule.action() instanceof Rule.Action.From from) {
                Optional<TaskImage> task = descriptor.pid().isPresent() ? input.image().task(descriptor.pid().getAsInt())
                        : Optional.of(input.image().root());
                task.filter(found -> found.filesId().isPresent()).ifPresent(found -> {
                    decisions.matched().add(rule);
                    addClosed(found, descriptor.fd(), from.source(), rule.origin());
                });
            }
        }
    }

    private void addClosed(TaskImage task, int number, Source source, String rule) {
        Use use = new Use(Use.Kind.DESCRIPTOR, List.of(task.pid()), task.filesId().orElseThrow(), number);
        int flags = number == 0 ? OpenFlags.O_RDONLY : number <= 2 ? OpenFlags.O_WRONLY : OpenFlags.O_RDWR;
        FileImage absent = new FileImage.Other(new FileId(FdType.UNKNOWN, 0), flags, FdType.UNKNOWN, "closed", Owner.NONE);
        Subject subject = new Subject(use, absent, Optional.empty(), task.pid() == input.image().root().pid(), List.of(task.command()),
                Optional.empty());
        if (source instanceof Source.Original) {
            problems.add(PlanProblem.of(rule + ": " + use.text() + " was closed", "there is no original to open again", "name a source"));
            return;
        }
        Openings.Resolved resolved = source instanceof Source.SameAsStdout
                ? openStdout(subject, rule) : decisions.openings().resolve(source, subject, Rule.Missing.ERROR, rule);
        if (resolved.isFailed()) {
            problems.add(resolved.problem());
        } else {
            int description = source instanceof Source.SameAsStdout ? 1 : number <= 2 && options.streams().containsKey(number) ? number : -1;
            handovers.add(use, new Decision.Replaced(resolved.opening(), rule, "closed in the image", description));
        }
    }

    private Openings.Resolved openStdout(Subject subject, String rule) {
        Source stdout = options.streams().get(1);
        return stdout == null ? Openings.Resolved.failed(PlanProblem.of(rule + ": there is no standard output to share",
                "name a source for both", "--stdout append:PATH --stderr stdout"))
                : decisions.openings().resolve(stdout, subject, Rule.Missing.ERROR, rule);
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
        for (Subject subject : input.subjects()) {
            if (subject.file() instanceof FileImage.Unknown unknown) {
                found.add(PlanProblem.of(subject.text() + " is of a kind this version does not know (type " + unknown.rawType() + ")",
                        "the image was written by a newer criu", "use a newer thaw", "restore it with criu itself"));
            }
        }
        return found;
    }

    private List<String> streamNotes() {
        List<String> found = new ArrayList<>();
        for (int number = 0; number <= 2; number++) {
            if (input.ofRoot(number).isEmpty() && !options.streams().containsKey(number)) {
                found.add("fd " + number + " was closed in the application and stays so; give it one with "
                        + Decisions.streamOption(number) + " SOURCE");
            }
        }
        return found;
    }

    private RestorePlan.CriuSwitches switches(HandoverPlanner.Outcome outcome) {
        ImageSnapshot image = input.image();
        Set<FileId> dropped = outcome.overlay().map(edits -> edits.files().dropped()).orElse(Set.of());
        boolean established = input.subjects().stream().anyMatch(subject -> subject.file() instanceof FileImage.InetSocket socket
                && socket.isEstablished());
        Optional<String> tcp = image.inventory().tcpClose() ? Optional.of("--tcp-close")
                : established ? Optional.of("--tcp-established") : Optional.empty();
        boolean externalUnix = image.files().values().stream().anyMatch(file -> file instanceof FileImage.UnixSocket socket
                && socket.isExternPlaceholder() && !dropped.contains(file.id()));
        return new RestorePlan.CriuSwitches(input.topology().isShellJob(), !image.locks().isEmpty(), tcp, externalUnix,
                image.inventory().allowUprobes(), List.of());
    }

}
