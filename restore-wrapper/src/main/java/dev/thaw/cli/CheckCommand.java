package dev.thaw.cli;

import dev.thaw.check.Finding;
import dev.thaw.check.FindingText;
import dev.thaw.check.Findings;
import dev.thaw.check.host.HostCheck;
import dev.thaw.check.host.HostReader;
import dev.thaw.check.image.ImageCheck;
import dev.thaw.check.image.ImageReader;
import dev.thaw.check.pid.PidCheck;
import dev.thaw.check.pid.PidFacts;
import dev.thaw.check.pid.PidReader;
import dev.thaw.checkpoint.DumpOptions;
import dev.thaw.checkpoint.UnseenTree;
import dev.thaw.criu.CriuBinary;
import dev.thaw.criu.CriuLocator;
import dev.thaw.criu.CriuSearch;
import dev.thaw.criu.CriuVersion;
import dev.thaw.launcher.Caller;
import dev.thaw.launcher.KernelJson;
import dev.thaw.linux.LinuxException;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.restore.Planning;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code thaw check}: what stands against a checkpoint or a restore, before anything is touched. */
@Command(
        name = "check",
        description = {"Say what stands against it, worst first: of this machine, of a living tree, of an image.",
            "Exit code 0: nothing does, though something may be lost or needed; 121: something does."},
        customSynopsis = {"thaw check [OPTIONS] host", "       thaw check [OPTIONS] pid PID", "       thaw check [OPTIONS] image IMAGE"})
final class CheckCommand implements Callable<Integer> {
    private final Environment environment;

    @Option(names = "--tcp", paramLabel = "established|close", description = "pid: as thaw checkpoint will be told.")
    private DumpOptions.Tcp tcp;

    @Option(names = "--leave-running", description = "pid: as thaw checkpoint will be told.")
    private boolean leaveRunning;

    @Option(names = "--intruders", paramLabel = "fail|end|ignore", defaultValue = "FAIL", description = "pid: as thaw checkpoint will be told.")
    private DumpOptions.Intruders intruders;

    @Mixin
    private CommonOptions common;

    @Mixin
    private SourceOptions sources;

    @Parameters(arity = "1..2", paramLabel = "host | pid PID | image IMAGE", hideParamSyntax = true, description = "What to look at.")
    private List<String> words;

    CheckCommand(Environment environment) {
        this.environment = environment;
    }

    /** What {@code --json} prints. */
    private record Report(String checked, String verdict, List<String> criuOptions, List<Finding> findings) {}

    @Override
    public Integer call() {
        switch (words.get(0)) {
            case "host":
                return host();
            case "pid":
                return pid(operand("PID"));
            case "image":
                return image(operand("IMAGE"));
            default:
                throw usage("'" + words.get(0) + "' cannot be checked", "it is none of: host, pid, image");
        }
    }

    private int host() {
        if (words.size() > 1) {
            throw usage("what is '" + words.get(1) + "' for?", "host takes no further word");
        }
        Findings findings = HostCheck.of(HostReader.read(environment.environment(), environment::variable, common.criu().orElse("")));
        return print("host", findings, List.of(), "this machine: " + findings.summary(), findings.stops() ? "thaw check host, after that" : "thaw check pid PID");
    }

    private int pid(String text) {
        if (!text.matches("[1-9][0-9]{0,8}")) {
            throw usage("'" + text + "' is no pid", "a pid is a number above 0");
        }
        DumpOptions options = new DumpOptions(leaveRunning, Optional.ofNullable(tcp), DumpOptions.NetworkLock.SKIP, intruders, List.of());
        PidFacts facts = facts(Integer.parseInt(text));
        PidCheck check = PidCheck.of(facts, options);
        int descriptors = facts.scan().processes().stream().mapToInt(process -> process.descriptors().size()).sum();
        String what = facts.scan().root().text() + ", " + count(facts.scan().processes().size(), "process", "processes") + ", "
                + count(descriptors, "descriptor", "descriptors") + ": " + check.findings().summary();
        return print("pid " + text, check.findings(), check.criuOptions(), what,
                check.findings().stops() ? "thaw check pid " + text + ", after that" : "thaw checkpoint " + text + " IMAGE");
    }

    private static PidFacts facts(int pid) {
        try {
            return PidReader.read(pid).orElseThrow(() -> Failure.of(ExitCode.FAILURE, "there is no process " + pid,
                    "/proc/" + pid + " does not exist", "pgrep -f WORD, for its pid"));
        } catch (LinuxException e) {
            throw UnseenTree.failure(pid, e);
        }
    }

    private int image(String image) {
        CriuSearch criu = CriuLocator.of(environment.environment()).find(common.criu().orElse(""));
        Optional<CriuVersion> version = criu instanceof CriuBinary binary ? Optional.of(binary.version()) : Optional.empty();
        Planning planning = Planning.of(image, sources.toRestoreOptions(), Caller.closedStreams(environment.environment()),
                Brokers.names(sources.broker()), new Planning.Expectation(version, Optional.empty()));
        Findings findings = ImageCheck.of(ImageReader.read(image, planning, criu));
        return print("image " + image, findings, List.of(), image + ": " + findings.summary(),
                findings.stops() ? "thaw check image " + image + ", after that" : "thaw restore " + image);
    }

    private int print(String checked, Findings findings, List<String> criuOptions, String summary, String next) {
        environment.out().print(common.json()
                ? KernelJson.pretty(new Report(checked, findings.verdict().word(), criuOptions, findings.all())) + "\n"
                : FindingText.table(findings, List.of(summary, "next: " + next), environment.reportColumns()));
        return findings.stops() ? ExitCode.PLAN : ExitCode.OK;
    }

    private String operand(String name) {
        if (words.size() < 2) {
            throw usage(name + " is missing", "thaw check " + words.get(0) + " looks at one");
        }
        return words.get(1);
    }

    private static String count(int number, String one, String many) {
        return number + " " + (number == 1 ? one : many);
    }

    private static Failure usage(String what, String because) {
        return new Failure(ExitCode.USAGE, what, List.of(because), List.of("thaw check --help"));
    }
}
