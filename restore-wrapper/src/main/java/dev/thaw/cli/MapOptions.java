package dev.thaw.cli;

import dev.thaw.compat.Kind;
import dev.thaw.fdbroker.Source;
import dev.thaw.fdbroker.SourceParser;
import dev.thaw.linux.KernelString;
import dev.thaw.plan.CgroupChoice;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.plan.Rule;
import dev.thaw.plan.Selector;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.restore.Policies;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** What is told about an image that is to be restored, apart from its streams. */
public final class MapOptions {
    private static final String AUTO = "auto";

    @Option(names = "--map", paramLabel = "KEY=SOURCE",
            description = "Give what KEY names another source; repeatable, the first match wins. KEY: /path or a glob, pipe:[INO], "
                    + "socket:[INO], tty[RDEV:DEV], memfd:NAME, fd:N, fd:PID/N.")
    private List<String> maps = new ArrayList<>();

    @Option(names = "--policy", paramLabel = "FILE",
            description = "Rules for what no --map names: YAML documents, the first match wins. Default: the policy stored beside the image.")
    private String policy;

    @Option(names = "--cgroup", paramLabel = "auto|original|PATH", defaultValue = AUTO,
            description = "Where files of a cgroup that is gone are looked for. Default: the cgroup that restore runs in.")
    private String cgroup = AUTO;

    @Option(names = "--allow-unmatched", description = "A KEY that matches nothing is no error.")
    private boolean allowUnmatched;

    @Option(names = "--accept", paramLabel = "KIND", 
            description = "Restore although this is not as it was at the checkpoint: command, executable, architecture, cpu, kernel, criu, thaw, "
                    + "boot, user, capabilities, options, or all; repeatable.")
    private List<String> accepted = new ArrayList<>();

    /** As picocli would set it; see {@link PlainRestore}. */
    boolean take(String option, String value) {
        switch (option) {
            case "--map" -> maps.add(value);
            case "--policy" -> policy = value;
            case "--cgroup" -> cgroup = value;
            case "--accept" -> accepted.add(value);
            default -> {
                return false;
            }
        }
        return true;
    }

    /**
     * @param streams sources by number
     * @throws Failure with {@link ExitCode#USAGE}, or {@link ExitCode#SOURCE} for a policy file that cannot be read
     */
    RestoreOptions toRestoreOptions(Map<Integer, Source> streams) {
        for (String kind : accepted) {
            if (!Kind.isKnown(kind)) {
                throw new Failure(ExitCode.USAGE, "--accept " + KernelString.printable(kind) + " is no kind of mismatch", List.of(),
                        List.of("one of " + String.join(", ", Kind.words()) + ", or " + Kind.ALL));
            }
        }
        List<Rule> rules = new ArrayList<>();
        maps.forEach(text -> rules.add(rule(text)));
        if (policy != null) {
            rules.addAll(Policies.read(policy));
        }
        return new RestoreOptions(streams, rules, cgroupChoice(), allowUnmatched, Set.copyOf(new HashSet<>(accepted)));
    }

    /** One that was given and means something only to a restore. */
    Optional<String> given() {
        return Stream.of(!maps.isEmpty() ? "--map" : "", policy != null ? "--policy" : "", !cgroup.equals(AUTO) ? "--cgroup" : "",
                allowUnmatched ? "--allow-unmatched" : "", !accepted.isEmpty() ? "--accept" : "").filter(option -> !option.isEmpty()).findFirst();
    }

    static Source source(String option, String text, boolean pathKey) {
        try {
            String numbered = Activated.number(text);
            return pathKey ? SourceParser.parseOrPath(numbered) : SourceParser.parse(numbered);
        } catch (IllegalArgumentException e) {
            throw new Failure(ExitCode.USAGE, option + ": " + e.getMessage(), List.of(), List.of("thaw restore --help"));
        }
    }

    /** A path may hold an equals sign: the last one that leaves a valid source behind it separates. */
    private static Rule rule(String text) {
        String option = "--map " + KernelString.printable(text);
        for (int at = text.lastIndexOf('='); at > 0; at = text.lastIndexOf('=', at - 1)) {
            String right = text.substring(at + 1);
            boolean pathKey = isPathKey(text);
            if (isSource(right, pathKey)) {
                try {
                    return new Rule(Selector.parse(text.substring(0, at)),
                            new Rule.Action.From(source(option, right, pathKey), Rule.Missing.ERROR), option, true);
                } catch (IllegalArgumentException e) {
                    throw new Failure(ExitCode.USAGE, option + ": " + e.getMessage(), List.of(), List.of("thaw restore --help"));
                }
            }
        }
        int at = text.indexOf('=');
        if (at > 0) {
            source(option, text.substring(at + 1), isPathKey(text));
        }
        throw new Failure(ExitCode.USAGE, option + ": expected KEY=SOURCE", List.of(), List.of("--map 'pipe:[81734]=append:/var/log/app.log'"));
    }

    /** Whether SOURCE may be a path as such: what has a path, and namespaces, which have one in /run/netns or /proc. */
    private static boolean isPathKey(String key) {
        return key.startsWith("/") && !key.startsWith("/memfd:") || key.startsWith("net:") || key.startsWith("pid:");
    }

    private static boolean isSource(String text, boolean pathKey) {
        try {
            source("", text, pathKey);
            return true;
        } catch (Failure e) {
            return false;
        }
    }

    private CgroupChoice cgroupChoice() {
        try {
            return CgroupChoice.parse(cgroup);
        } catch (IllegalArgumentException e) {
            throw new Failure(ExitCode.USAGE, "--cgroup: " + e.getMessage(), List.of(), List.of("--cgroup auto, original, or a path"));
        }
    }
}
