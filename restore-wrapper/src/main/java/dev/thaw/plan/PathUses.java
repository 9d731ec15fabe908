package dev.thaw.plan;

import dev.thaw.fdbroker.Source;
import dev.thaw.image.FileId;
import dev.thaw.image.FileImage;
import dev.thaw.image.TaskImage;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.OpenFlags;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Executables, mapped files, working and root directories: left to CRIU while they fit, else handed over from where a rule says. */
final class PathUses {
    private final PlanInput input;
    private final World world;
    private final RestoreOptions options;
    private final Decisions decisions;

    PathUses(PlanInput input, World world, RestoreOptions options, Decisions decisions) {
        this.input = input;
        this.world = world;
        this.options = options;
        this.decisions = decisions;
    }

    void plan(HandoverPlanner handovers, List<PlanProblem> problems) {
        for (Map.Entry<FileId, List<Use>> entry : input.otherUses().entrySet()) {
            FileImage file = input.image().files().get(entry.getKey());
            if (!(file instanceof FileImage.RegularFile regular) || !regular.path().startsWith("/") || regular.remap().isPresent()
                    || !input.image().mounts().isEmpty() || input.topology().isProcOfTree(regular.path())) {
                handovers.leave(file);
                continue;
            }
            FileState state = FileState.of(regular, world.at(regular.path()));
            Optional<Rule> rule = rule(regular.path(), entry.getValue());
            if (state instanceof FileState.Fits) {
                handovers.leave(regular);
            } else if (rule.isPresent()) {
                byRule(regular, entry.getValue(), rule.get(), handovers, problems);
            } else if (state instanceof FileState.Changed && isDirectory(regular)) {
                // A directory's size changes with its entries on some file systems; CRIU compares it all the same.
                handovers.replacePath(new HandoverPlanner.PathHandover(regular.path(), entry.getValue(),
                        new Opening.Path(regular.path(), flags(regular), OptionalInt.empty(), -1), "auto",
                        state.text()));
            } else {
                problems.add(problem(regular, entry.getValue(), state));
            }
        }
    }

    private Optional<Rule> rule(String path, List<Use> uses) {
        return Search.first(options.rules(), rule -> rule.selector() instanceof Selector.PathGlob glob
                ? glob.glob().equals(path) || Glob.matches(glob.glob(), path)
                : rule.selector() instanceof Selector.Pattern pattern && givesPath(rule) && pattern.matches(new Candidate(path, uses)));
    }

    /** Policies are written for descriptors in the first place: one that says null of a file does not mean the program. */
    private static boolean givesPath(Rule rule) {
        return rule.action() instanceof Rule.Action.From from && from.source() instanceof Source.Open;
    }

    /** A path that is used without a descriptor, as a policy rule sees it. */
    private final class Candidate implements Selector.Candidate {
        private final String path;
        private final List<Integer> pids;

        Candidate(String path, List<Use> uses) {
            this.path = path;
            this.pids = uses.stream().flatMap(use -> use.pids().stream()).distinct().toList();
        }

        @Override
        public int fd() {
            return -1;
        }

        @Override
        public List<Integer> pids() {
            return pids;
        }

        @Override
        public boolean ofRoot() {
            return pids.contains(input.image().root().pid());
        }

        @Override
        public String kind() {
            return "file";
        }

        @Override
        public Optional<String> path() {
            return Optional.of(path);
        }

        @Override
        public Optional<String> key() {
            return Optional.empty();
        }

        @Override
        public List<String> commands() {
            return pids.stream().flatMap(pid -> input.image().task(pid).stream()).map(TaskImage::command).toList();
        }

        @Override
        public Optional<String> peer() {
            return Optional.empty();
        }
    }

    private void byRule(FileImage.RegularFile file, List<Use> uses, Rule rule, HandoverPlanner handovers, List<PlanProblem> problems) {
        decisions.matched().add(rule);
        if (rule.action() instanceof Rule.Action.From from && from.source() instanceof Source.Open open) {
            if (world.at(open.path()).isEmpty()) {
                problems.add(PlanProblem.unavailable(rule.origin() + ": " + KernelString.printable(open.path()) + " does not exist",
                        "it is to become " + uses.get(0).text(), "create it, or name another path"));
                return;
            }
            handovers.replacePath(new HandoverPlanner.PathHandover(file.path(), uses,
                    new Opening.Path(open.path(), flags(file), OptionalInt.empty(), -1), rule.origin(), "named by the rule"));
            return;
        }
        problems.add(PlanProblem.of(rule.origin() + ": only another path can take the place of " + uses.get(0).text(),
                "it is " + KernelString.printable(file.path()), "--map '" + KernelString.printable(file.path()) + "=/other/path'"));
    }

    /** A mapping that is shared and written needs a file that can be written to; criu records it as open for both. */
    private static int flags(FileImage.RegularFile file) {
        boolean both = (file.flags() & OpenFlags.O_ACCMODE) == OpenFlags.O_RDWR;
        return (both ? OpenFlags.O_RDWR : OpenFlags.O_RDONLY) | (isDirectory(file) ? OpenFlags.O_DIRECTORY : 0);
    }

    private static boolean isDirectory(FileImage.RegularFile file) {
        return (file.mode().orElse(0) & 0170000) == 0040000;
    }

    private static PlanProblem problem(FileImage.RegularFile file, List<Use> uses, FileState state) {
        String path = KernelString.printable(file.path());
        String what = uses.get(0).text() + (uses.size() > 1 ? " and " + (uses.size() - 1) + " more" : "") + " needs " + path;
        return isDirectory(file)
                ? PlanProblem.of(what, state.text(), "mkdir -p '" + path + "'", "--map '" + path + "=/other/directory'")
                : PlanProblem.of(what, state.text() + ": memory that was mapped from it must be mapped from the same content",
                        "put back the version that was there at the checkpoint", "--map '" + path + "=/path/of/the/same/version'");
    }
}
