package dev.thaw.plan;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.thaw.fdbroker.Source;
import dev.thaw.fdbroker.SourceParser;
import dev.thaw.image.ImageBuilder;
import dev.thaw.image.ImageSnapshot;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** An image, the world it is restored in, and what the user asked for; and the plan that comes of it. */
final class Scenario {
    final ImageBuilder image = new ImageBuilder();
    final Here here = new Here();
    private final Map<Integer, Source> streams = new TreeMap<>();
    private final List<Rule> maps = new ArrayList<>();
    private final List<Rule> policy = new ArrayList<>();
    private CgroupChoice cgroup = new CgroupChoice.Own();
    private Optional<CgroupFiles.View> recorded = Optional.empty();
    private boolean allowUnmatched;
    private UnaryOperator<ImageSnapshot> change = UnaryOperator.identity();

    Scenario stdin(String source) {
        streams.put(0, SourceParser.parse(source));
        return this;
    }

    Scenario stdout(String source) {
        streams.put(1, SourceParser.parse(source));
        return this;
    }

    Scenario stderr(String source) {
        streams.put(2, SourceParser.parse(source));
        return this;
    }

    Scenario map(String key, String source) {
        Source parsed = key.startsWith("/") ? SourceParser.parseOrPath(source) : SourceParser.parse(source);
        maps.add(new Rule(Selector.parse(key), new Rule.Action.From(parsed, Rule.Missing.ERROR), "--map " + key + "=" + source, true));
        return this;
    }

    /** A document of a policy file for a descriptor that was closed. */
    Scenario policyForClosed(int fd, OptionalInt pid, String source) {
        Selector selector = new Selector.Pattern(Optional.of("closed"), Optional.empty(), OptionalInt.of(fd), pid, Optional.empty(), Optional.empty(),
                "shop.yaml");
        policy.add(new Rule(selector, new Rule.Action.From(SourceParser.parse(source), Rule.Missing.ERROR), "shop.yaml line 1", false));
        return this;
    }

    /** A document of a policy file that asks for a type and a path; null asks for any. */
    Scenario policy(String type, String path, Rule.Action action) {
        Selector selector = new Selector.Pattern(Optional.ofNullable(type), Optional.ofNullable(path), OptionalInt.empty(), OptionalInt.empty(),
                Optional.empty(), Optional.empty(), "shop.yaml");
        policy.add(new Rule(selector, action, "shop.yaml line " + (policy.size() + 1), false));
        return this;
    }

    Scenario policy(String type, String path, String source) {
        return policy(type, path, new Rule.Action.From(SourceParser.parseOrPath(source), Rule.Missing.ERROR));
    }

    Scenario cgroup(String choice) {
        cgroup = CgroupChoice.parse(choice);
        return this;
    }

    Scenario recorded(CgroupFiles.View view) {
        recorded = Optional.of(view);
        return this;
    }

    Scenario allowUnmatched() {
        allowUnmatched = true;
        return this;
    }

    /** What the builder does not vary. */
    Scenario change(UnaryOperator<ImageSnapshot> how) {
        change = how;
        return this;
    }

    ImageSnapshot snapshot() {
        return change.apply(image.snapshot());
    }

    RestoreOptions options() {
        List<Rule> rules = new ArrayList<>(maps);
        rules.addAll(policy);
        return new RestoreOptions(streams, rules, cgroup, allowUnmatched, Set.of());
    }

    PlanResult result() {
        ImageSnapshot snapshot = snapshot();
        return RestorePlanner.plan(snapshot, recorded, here.world(snapshot, options(), recorded), options());
    }

    RestorePlan plan() {
        PlanResult result = result();
        if (result instanceof PlanResult.Rejected rejected) {
            throw new AssertionError("rejected: " + rejected.problems());
        }
        return ((PlanResult.Ready) result).plan();
    }

    List<PlanProblem> problems() {
        return assertInstanceOf(PlanResult.Rejected.class, result()).problems();
    }

    /** Of the only problem: what, because, try, one a line. */
    List<String> problem() {
        List<PlanProblem> problems = problems();
        if (problems.size() != 1) {
            throw new AssertionError(problems.size() + " problems: " + problems);
        }
        List<String> lines = new ArrayList<>(List.of(problems.get(0).what()));
        problems.get(0).because().forEach(text -> lines.add("because: " + text));
        problems.get(0).tries().forEach(text -> lines.add("try: " + text));
        return lines;
    }

    List<String> whats() {
        return problems().stream().map(PlanProblem::what).toList();
    }

    /**
     * The handovers, one a line: descriptors (those of the root without pid), source, way, and the key unless it is made up. Each handover
     * has a number and a key of its own, which is checked here.
     */
    List<String> handovers() {
        RestorePlan plan = plan();
        int root = plan.rootPid();
        Set<String> keys = new HashSet<>();
        List<String> lines = new ArrayList<>();
        int number = 3;
        for (Handover handover : plan.handovers()) {
            if (handover.number() != number++ || !keys.add(handover.key())) {
                throw new AssertionError("a number or key is not there once: " + plan.handovers());
            }
            String uses = String.join(" ", handover.uses().stream().map(use -> text(use, root)).toList());
            lines.add(uses + " <- " + handover.opening().text() + " " + handover.way()
                    + (handover.way() == Handover.Way.TARGETED ? "" : " " + handover.key()));
        }
        return lines;
    }

    /** What is left to CRIU, one a line, with the reason. */
    List<String> left() {
        RestorePlan plan = plan();
        return plan.left().stream().map(left -> text(left.uses().get(0), plan.rootPid()) + ": " + left.because()).toList();
    }

    Handover handover(int index) {
        return plan().handovers().get(index);
    }

    private static String text(Use use, int root) {
        if (use.kind() != Use.Kind.DESCRIPTOR) {
            return use.kind() + (use.pids().contains(root) ? "" : "@" + use.pids().get(0));
        }
        return use.pids().contains(root) ? "" + use.fd() : use.pids().get(0) + "/" + use.fd();
    }
}
