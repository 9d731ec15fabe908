package dev.thaw.plan;

import dev.thaw.fdbroker.Source;
import dev.thaw.image.FileImage;
import dev.thaw.image.TaskImage;
import dev.thaw.plan.Openings.Resolved;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What becomes of each descriptor. In this order: {@code --map}, {@code --stdin|--stdout|--stderr}, the policy file, and by itself.
 * Pure: everything it needs is in its arguments.
 */
final class Decisions {
    private static final int STDOUT = 1;

    private final PlanInput input;
    private final World world;
    private final RestoreOptions options;
    private final Openings openings;
    private final AutomaticDecisions automatic;
    private final boolean sharesStdout;
    private final Set<Rule> matched = new LinkedHashSet<>();
    private final Set<String> notes = new LinkedHashSet<>();

    Decisions(PlanInput input, World world, RestoreOptions options, CgroupFiles.View dumped) {
        this.input = input;
        this.world = world;
        this.options = options;
        this.openings = new Openings(input, world, options, dumped);
        this.automatic = new AutomaticDecisions(input, world, openings);
        this.sharesStdout = options.streams().get(2) instanceof Source.SameAsStdout || Search.any(options.rules(),
                rule -> sourceOf(rule).filter(Source.SameAsStdout.class::isInstance).isPresent()
                        && (rule.selector() instanceof Selector.Descriptor || Search.any(input.subjects(), rule.selector()::matches)));
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

    /** @param subject a descriptor of the image, or one that was closed there and that some rule or option names */
    Decision of(Subject subject) {
        Decision decision = decided(subject);
        return sharesStdout && isStdout(subject) ? handedOver(subject, decision) : decision;
    }

    private Decision decided(Subject subject) {
        Optional<Rule> map = firstRule(subject, true);
        Optional<Integer> stream = explicitStream(subject);
        if (map.isPresent() && stream.isPresent() && options.streams().containsKey(subject.fd()) && subject.isStreamOfRoot()
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
        Optional<Rule> found = Search.first(options.rules(),
                rule -> rule.mustMatch() == ofCommandLine && rule.selector().matches(subject));
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
                    "change the rule, or give the descriptor a source: --map " + subject.mapKey() + "=…"));
        }
        if (rule.action() instanceof Rule.Action.Leave leave) {
            return subject.isStream() ? automatic.of(subject) : new Decision.Left(leave.because());
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
        if (source instanceof Source.Original && !isReopenable(subject.file())) {
            return asItWas(subject, rule);
        }
        if (source instanceof Source.SameAsStdout) {
            return likeStdout(subject, rule);
        }
        Resolved resolved = source instanceof Source.Inherit && stream >= 0 ? openings.own(stream, subject, rule)
                : openings.resolve(source, subject, missing, rule);
        // One --stdout is one open file description, whatever the image had of it.
        return replaced(resolved, rule, stream);
    }

    /** False for what has no path, and for paths whose file only CRIU has. */
    private boolean isReopenable(FileImage file) {
        return file instanceof FileImage.RegularFile regular && regular.remap().isEmpty() && input.image().mounts().isEmpty()
                && !input.topology().isProcOfTree(regular.path());
    }

    private Decision asItWas(Subject subject, String rule) {
        Topology topology = input.topology();
        if (subject.isClosed()) {
            return new Decision.Failed(PlanProblem.of(rule + ": " + subject.text() + " was closed", "there is no original to open again",
                    "name a source"));
        }
        boolean lost = subject.file() instanceof FileImage.PipeEnd pipe && topology.isExternal(pipe)
                || subject.file() instanceof FileImage.Tty tty && topology.isExternal(tty);
        return lost ? new Decision.Failed(PlanProblem.of(rule + ": the original of " + subject.text() + " is gone: " + subject.link(),
                "its other end was outside the dumped tree", "inherit, null, or another source"))
                : new Decision.Left(rule + ": as the image has it");
    }

    private Decision likeStdout(Subject subject, String rule) {
        Optional<Subject> stdout = stdout();
        if (stdout.filter(found -> !found.use().equals(subject.use())).isEmpty()) {
            return new Decision.Failed(PlanProblem.of(rule + ": there is no standard output to share", stdout.isPresent()
                    ? subject.text() + " is standard output itself" : "fd 1 of the image's root process was closed", "name a source of its own"));
        }
        Decision decision = of(stdout.get());
        return decision instanceof Decision.Replaced replaced
                ? new Decision.Replaced(replaced.opening(), rule, "shares standard output", STDOUT) : decision;
    }

    /** Standard output of the root process; also where it was closed and the user gives it a source. */
    private Optional<Subject> stdout() {
        TaskImage root = input.image().root();
        boolean named = options.streams().containsKey(STDOUT) || Search.any(options.rules(), rule -> rule.mustMatch()
                && rule.selector() instanceof Selector.Descriptor descriptor && descriptor.fd() == STDOUT
                && descriptor.pid().orElse(root.pid()) == root.pid());
        return input.ofRoot(STDOUT).or(() -> named ? Optional.of(Subject.closed(root, STDOUT, input.image())) : Optional.empty());
    }

    private boolean isStdout(Subject subject) {
        return stdout().filter(stdout -> stdout.use().equals(subject.use())
                || !stdout.isClosed() && StreamOrigin.isSameDescription(stdout, subject)).isPresent();
    }

    /** One open file description for standard output and error is ours: CRIU could restore that of the image only for standard output. */
    private Decision handedOver(Subject subject, Decision decision) {
        String rule = "standard error shares standard output";
        if (decision instanceof Decision.Left left) {
            return isReopenable(subject.file()) ? replaced(openings.original(subject, Rule.Missing.ERROR, rule), rule, STDOUT)
                    : new Decision.Failed(PlanProblem.of(rule + ", but only CRIU can restore that: " + subject.link(), left.because(),
                            "name a source for both: --stdout append:PATH --stderr stdout"));
        }
        return decision instanceof Decision.Replaced replaced && replaced.description() < 0
                ? new Decision.Replaced(replaced.opening(), replaced.rule(), replaced.because(), STDOUT) : decision;
    }

    private static Decision replaced(Resolved resolved, String rule, int description) {
        return resolved.isFailed() ? new Decision.Failed(resolved.problem())
                : new Decision.Replaced(resolved.opening(), rule, resolved.because(), description);
    }

    /** The number of the explicit stream option that this descriptor follows: its own, or that of the stream it is a duplicate of. */
    private Optional<Integer> explicitStream(Subject subject) {
        if (subject.isStreamOfRoot() && options.streams().containsKey(subject.fd())) {
            return Optional.of(subject.fd());
        }
        return options.streams().isEmpty() ? Optional.empty()
                : input.streamOrigin().ofRoot(subject).flatMap(number -> explicitStream(input.ofRoot(number).orElseThrow()));
    }

    static String streamOption(int number) {
        return Map.of(0, "--stdin", 1, "--stdout", 2, "--stderr").get(number);
    }
}
