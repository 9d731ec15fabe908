package dev.thaw.plan;

import dev.thaw.fdbroker.Source;
import dev.thaw.image.FileImage;
import dev.thaw.plan.Openings.Resolved;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What becomes of each descriptor. In this order: {@code --map}, {@code --stdin|--stdout|--stderr}, the policy file, and by itself.
 * Pure: everything it needs is in its arguments.
 */
final class Decisions {
    private final PlanInput input;
    private final World world;
    private final RestoreOptions options;
    private final Openings openings;
    private final AutomaticDecisions automatic;
    private final Set<Rule> matched = new LinkedHashSet<>();
    private final Set<String> notes = new LinkedHashSet<>();

    Decisions(PlanInput input, World world, RestoreOptions options, CgroupFiles.View dumped) {
        this.input = input;
        this.world = world;
        this.options = options;
        this.openings = new Openings(input, world, options, dumped);
        this.automatic = new AutomaticDecisions(input, world, openings);
    }

    Openings openings() {
        return openings;
    }

    /** What the user should know of the decisions made so far. */
    Set<String> notes() {
        return notes;
    }

    Set<Rule> matched() {
        return matched;
    }

    Decision of(Subject subject) {
        Optional<Rule> map = firstRule(subject, true);
        Optional<Integer> stream = explicitStream(subject);
        if (map.isPresent() && stream.isPresent() && subject.isStream() && subject.ofRoot()
                && !sourceOf(map.get()).equals(Optional.of(options.streams().get(stream.get())))) {
            return new Decision.Failed(PlanProblem.of("two sources for " + subject.text() + ": " + map.get().origin() + ", and "
                    + streamOption(stream.get()) + " " + options.streams().get(stream.get()).text(), "it can have only one", "leave one out"));
        }
        if (map.isPresent()) {
            return byRule(map.get(), subject);
        }
        if (stream.isPresent()) {
            return bySource(options.streams().get(stream.get()), subject, Rule.Missing.ERROR,
                    streamOption(stream.get()) + " " + options.streams().get(stream.get()).text(), stream.get());
        }
        Optional<Rule> policy = firstRule(subject, false);
        return policy.isPresent() ? byRule(policy.get(), subject) : automatic.of(subject);
    }

    private Optional<Rule> firstRule(Subject subject, boolean ofCommandLine) {
        Optional<Rule> found = options.rules().stream()
                .filter(rule -> rule.mustMatch() == ofCommandLine && rule.selector().matches(subject)).findFirst();
        found.ifPresent(matched::add);
        // A later rule for the same descriptor is not unmatched, only overruled.
        if (found.isPresent()) {
            options.rules().stream().filter(rule -> rule.selector().matches(subject)).forEach(matched::add);
        }
        return found;
    }

    private static Optional<Source> sourceOf(Rule rule) {
        return rule.action() instanceof Rule.Action.From from ? Optional.of(from.source()) : Optional.empty();
    }

    private Decision byRule(Rule rule, Subject subject) {
        if (!rule.mustMatch() && rule.warn() && sourceOf(rule).filter(Source.Null.class::isInstance).isPresent()) {
            notes.add(rule.origin() + ": " + subject.text() + " becomes /dev/null; it was " + subject.link());
        }
        if (rule.action() instanceof Rule.Action.Refuse) {
            return new Decision.Failed(PlanProblem.of(subject.text() + " is refused: " + subject.link(), rule.origin() + " says so",
                    "change the rule, or give the descriptor a source: --map fd:" + subject.pids().get(0) + "/" + subject.fd() + "=…"));
        }
        if (rule.action() instanceof Rule.Action.FromCgroup cgroup) {
            if (!(subject.file() instanceof FileImage.RegularFile regular)) {
                return new Decision.Failed(PlanProblem.of(rule.origin() + ": " + subject.text() + " is no file", "it is " + subject.link(),
                        "restrict the rule to type: file"));
            }
            return replaced(openings.fromCgroup(regular.path(), regular, subject, cgroup.missing(), rule.origin()), rule.origin(), -1);
        }
        Rule.Action.From from = (Rule.Action.From) rule.action();
        return bySource(from.source(), subject, from.missing(), rule.origin(), -1);
    }

    private Decision bySource(Source source, Subject subject, Rule.Missing missing, String rule, int stream) {
        if (source instanceof Source.Original && !(subject.file() instanceof FileImage.RegularFile)) {
            return new Decision.Left(rule + ": as the image has it");
        }
        if (source instanceof Source.SameAsStdout) {
            return likeStdout(subject, rule);
        }
        Resolved resolved = source instanceof Source.Inherit && stream >= 0 ? openings.own(stream, subject, rule)
                : openings.resolve(source, subject, missing, rule);
        // One --stdout is one open file description, whatever the image had of it.
        return replaced(resolved, rule, stream);
    }

    private Decision likeStdout(Subject subject, String rule) {
        Optional<Subject> stdout = input.ofRoot(1);
        if (stdout.isEmpty() || stdout.get().use().equals(subject.use())) {
            return new Decision.Failed(PlanProblem.of(rule + ": the image has no standard output to share",
                    "fd 1 of its root process was closed", "name a source of its own"));
        }
        Decision decision = of(stdout.get());
        if (decision instanceof Decision.Replaced replaced) {
            return new Decision.Replaced(replaced.opening(), rule, "shares standard output", 1);
        }
        return decision instanceof Decision.Failed ? decision : replaced(openings.original(stdout.get(), Rule.Missing.ERROR, rule), rule, 1);
    }

    private static Decision replaced(Resolved resolved, String rule, int description) {
        return resolved.isFailed() ? new Decision.Failed(resolved.problem())
                : new Decision.Replaced(resolved.opening(), rule, resolved.because(), description);
    }

    /** The number of the explicit stream option that this descriptor follows: its own, or that of the stream it is a duplicate of. */
    private Optional<Integer> explicitStream(Subject subject) {
        if (subject.ofRoot() && options.streams().containsKey(subject.fd())) {
            return Optional.of(subject.fd());
        }
        List<Integer> followed = new ArrayList<>(List.of(1, 2, 0));
        followed.retainAll(options.streams().keySet());
        return followed.stream().filter(number -> input.ofRoot(number).filter(stream -> isSame(stream, subject)).isPresent()).findFirst();
    }

    private static boolean isSame(Subject stream, Subject other) {
        boolean resource = stream.kind().equals("pipe") || stream.kind().equals("socket") || stream.kind().equals("tty");
        return stream.file().id().equals(other.file().id()) || resource && stream.key().isPresent() && stream.key().equals(other.key());
    }

    static String streamOption(int number) {
        return Map.of(0, "--stdin", 1, "--stdout", 2, "--stderr").get(number);
    }
}
