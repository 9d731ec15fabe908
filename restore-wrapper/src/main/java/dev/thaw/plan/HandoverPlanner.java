package dev.thaw.plan;

import dev.thaw.image.FdType;
import dev.thaw.image.FileId;
import dev.thaw.image.FileImage;
import dev.thaw.linux.OpenFlags;
import dev.thaw.plan.Handover.Way;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** From decisions to handovers: groups descriptors, picks the way for each group, and writes down the overlay that targeted ones need. */
final class HandoverPlanner {
    /** Numbers from here on go to criu; below are its own streams. */
    private static final int FIRST_NUMBER = 3;

    private final PlanInput input;
    private final Ways ways;
    private final Replays replays;
    private final HandoverChecks checks;
    private final Losses losses = new Losses();
    private final Map<Group.Identity, Group> groups = new LinkedHashMap<>();
    private final List<RestorePlan.Left> left = new ArrayList<>();
    private final List<Subject> leftTerminals = new ArrayList<>();
    private final Map<String, Boolean> keyHitsOthers = new LinkedHashMap<>();
    private final List<PathHandover> paths = new ArrayList<>();
    private final List<NamespaceHandover> namespaces = new ArrayList<>();
    private final List<PlanProblem> problems = new ArrayList<>();
    private int additions;

    HandoverPlanner(PlanInput input, World world) {
        this.input = input;
        this.ways = new Ways(input, world);
        this.replays = new Replays(input.image(), world);
        this.checks = new HandoverChecks(input, world, problems::add);
    }

    /** A path that is handed over for uses that are no descriptors: a moved executable, library or working directory. */
    record PathHandover(String path, List<Use> uses, Opening.Path opening, String rule, String because) {}

    /** A namespace from outside; criu enters what it is handed under this key. */
    private record NamespaceHandover(String key, Use use, Opening opening, String rule) {}

    void replace(Subject subject, Decision.Replaced decision) {
        groups.computeIfAbsent(Group.Identity.of(decision, Optional.of(subject.file().id())), id -> new Group(decision)).add(subject);
    }

    /** A descriptor that was closed: nothing of the image's is shared with it, so only a rule joins it with others. */
    void add(Use use, Decision.Replaced decision) {
        FileId ownFile = new FileId(FdType.UNKNOWN, ++additions);
        groups.computeIfAbsent(Group.Identity.of(decision, Optional.of(ownFile)), id -> new Group(decision)).addNew(use);
    }

    void leave(Subject subject, Decision.Left decision) {
        left.add(new RestorePlan.Left(List.of(subject.use()), subject.link(), decision.because()));
        if (subject.file() instanceof FileImage.Tty) {
            leftTerminals.add(subject);
        }
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
        namespaces.add(new NamespaceHandover(key, use, opening, rule));
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
        Map<String, Integer> placed = new LinkedHashMap<>();
        Set<Integer> controlled = new HashSet<>();
        for (Group group : groups.values()) {
            String key = group.key().orElse("");
            Ways.Choice choice = ways.of(group, byKey.getOrDefault(key, List.of()), keyHitsOthers.getOrDefault(key, false));
            checks.check(group);
            losses.of(group, choice.way());
            if (choice.way() == Way.TARGETED) {
                handovers.add(handover(FIRST_NUMBER + handovers.size(), group, choice, overlay.retarget(group).key()));
            } else {
                group.subjects().forEach(subject -> input.topology().terminal(subject).ifPresent(info -> controlled.add(info.session())));
                place(handover(FIRST_NUMBER + handovers.size(), group, choice, key), handovers, placed);
            }
        }
        addPathsAndNamespaces(handovers, placed);
        checks.checkControllingTerminals(leftTerminals, controlled);
        Optional<RestorePlan.OverlayEdits> edits = overlay.build();
        edits.ifPresent(found -> checks.checkPeers(found.files().dropped()));
        List<String> notes = new ArrayList<>(replays.notes());
        notes.addAll(losses.notes());
        return new Outcome(handovers, left, edits, notes);
    }

    private void addPathsAndNamespaces(List<Handover> handovers, Map<String, Integer> placed) {
        for (PathHandover path : paths) {
            place(new Handover(FIRST_NUMBER + handovers.size(), InheritKeys.ofPath(path.path()), Way.BY_KEY, path.uses(), path.path(),
                    path.opening(), path.opening().flags() & OpenFlags.O_ACCMODE, Handover.Bytes.NONE, path.rule(), path.because()), handovers,
                    placed);
        }
        for (NamespaceHandover namespace : namespaces) {
            place(new Handover(FIRST_NUMBER + handovers.size(), namespace.key(), Way.BY_KEY, List.of(namespace.use()),
                    namespace.key(), namespace.opening(), OpenFlags.O_RDONLY, Handover.Bytes.NONE, namespace.rule(),
                    "declared external at the dump"), handovers, placed);
        }
    }

    /** One key serves every entry of the resource: criu would ignore a second descriptor for it. */
    private static void place(Handover handover, List<Handover> handovers, Map<String, Integer> placed) {
        Integer at = placed.putIfAbsent(handover.key(), handovers.size());
        if (at == null) {
            handovers.add(handover);
        } else {
            handovers.set(at, joined(handovers.get(at), handover));
        }
    }

    private static Handover joined(Handover first, Handover second) {
        List<Use> uses = new ArrayList<>(first.uses());
        uses.addAll(second.uses());
        return new Handover(first.number(), first.key(), first.way(), uses, first.what(), first.opening(), first.flags(),
                first.replay().size() > 0 ? first.replay() : second.replay(), first.rule(), first.because());
    }

    private Handover handover(int number, Group group, Ways.Choice choice, String key) {
        String what = group.subjects().isEmpty() ? "closed" : group.subjects().get(0).link();
        int flags = group.subjects().isEmpty() ? OpenFlags.O_RDWR : group.subjects().get(0).file().flags();
        return new Handover(number, key, choice.way(), group.uses(), what, ways.opening(group, choice), flags, replays.of(group),
                group.decision().rule(), group.decision().because() + "; " + choice.because());
    }
}
