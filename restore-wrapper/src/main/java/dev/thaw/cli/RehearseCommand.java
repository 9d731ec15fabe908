package dev.thaw.cli;

import dev.thaw.checkpoint.DumpOptions;
import dev.thaw.criu.CriuBinary;
import dev.thaw.criu.CriuLocator;
import dev.thaw.criu.CriuSearch;
import dev.thaw.launcher.KernelJson;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.rehearse.Change;
import dev.thaw.rehearse.Rehearsal;
import dev.thaw.rehearse.RehearsalOptions;
import dev.thaw.rehearse.RehearsalText;
import dev.thaw.rehearse.RehearsalXml;
import dev.thaw.rehearse.Rehearsals;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.restore.Privileges;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code thaw rehearse}: a restore tried before it is needed. */
@Command(name = "rehearse",
        description = {"Start COMMAND, checkpoint it, change the world, restore it, compare, as often as asked; say what held, what did not, and why.",
            "Exit code 0: every cycle held; 122: one did not."},
        customSynopsis = "thaw rehearse [OPTIONS] -- COMMAND [ARG...]", sortOptions = false)
final class RehearseCommand implements Callable<Integer>, TakesCommand {
    private final Environment environment;

    @Option(names = "--ready-command", paramLabel = "CMD",
            description = "Asked with sh -c until it exits with 0: then the application may be dumped. Its pid is in $$THAW_PID. Default: after a second.")
    private String readyCommand;

    @Option(names = "--ready-output", paramLabel = "REGEX", description = "The same, when the application has written something that matches.")
    private String readyOutput;

    @Option(names = "--ready-port", paramLabel = "PORT", description = "The same, when it accepts a connection on this port of 127.0.0.1.")
    private Integer readyPort;

    @Option(names = "--change", paramLabel = "CHANGE",
            description = "Done between checkpoint and restore: rotate-logs, close-pipes, move-cgroup, new-terminal, other-cwd, replace-file:/PATH, time:+DURATION (of the monotonic clocks; the wall clock "
                    + "stays). Repeat, or separate with commas.")
    private List<String> changes = new ArrayList<>();

    @Option(names = "--between", paramLabel = "CMD", description = "Run with sh -c between checkpoint and restore, $$THAW_IMAGE being the image.")
    private String between;

    @Option(names = "--probe", paramLabel = "CMD", description = "Run with sh -c before the first checkpoint and after each restore: 0 when the application is well.")
    private String probe;

    @Option(names = "--engine", paramLabel = "criu|rehearse", defaultValue = "CRIU",
            description = "What restores: criu, or a stand-in that gets the descriptors and tells what it has; that needs neither criu nor root, and restores no memory "
                    + "(default: criu).")
    private EngineName engine;

    @Option(names = "--cycles", paramLabel = "N", defaultValue = "1", description = "How many checkpoints and restores, one after the other (default: ${DEFAULT-VALUE}).")
    private int cycles;

    @Option(names = "--compare-exit", description = "First run and end it once without a checkpoint; at the end it has to end in the same way.")
    private boolean compareExit;

    @Option(names = "--image", paramLabel = "IMAGE", description = "Keep the checkpoints there. Default: they are removed.")
    private String image;

    @Option(names = "--report", paramLabel = "FILE", description = "Write the result to FILE as JUnit XML.")
    private String reportFile;

    @Option(names = "--tcp", paramLabel = "established|close", description = "As thaw checkpoint is told.")
    private DumpOptions.Tcp tcp;

    @Option(names = "--settle", paramLabel = "DURATION", defaultValue = "250ms", description = "How long it has to live after a restore (default: ${DEFAULT-VALUE}).")
    private Duration settle;

    @Option(names = "--timeout", paramLabel = "DURATION", defaultValue = "1m", description = "How long each step may take (default: ${DEFAULT-VALUE}).")
    private Duration timeout;

    @Mixin
    private MapOptions maps;

    @Mixin
    private CommonOptions common;

    @Parameters(arity = "1..*", paramLabel = "COMMAND", hideParamSyntax = true, description = "The program and its arguments, after --.")
    private List<String> command = new ArrayList<>();

    enum EngineName { CRIU, REHEARSE }

    RehearseCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws InterruptedException {
        Report report = common.report(environment);
        RehearsalOptions options = options();
        if (engine == EngineName.REHEARSE) {
            return print(Rehearsals.withStandIn(options, Optional.ofNullable(tcp), report, environment.err(), common.quiet(), environment.environment()));
        }
        return print(Rehearsals.withCriu(options, criu(), Optional.ofNullable(tcp), report, environment.err(), common.quiet(), environment.environment(),
                environment::variable));
    }

    /** What it lacks, the other engine does not need. */
    private CriuBinary criu() {
        try {
            CriuSearch search = CriuLocator.of(environment.environment()).find(common.criu().orElse(""));
            Privileges.require("a rehearsal", search instanceof CriuBinary found ? found.path() : "");
            return search.orFailure();
        } catch (Failure failure) {
            List<String> tries = new ArrayList<>(failure.tries());
            tries.add("--engine rehearse, which restores no memory and needs neither criu nor root (docs/rehearsal.md)");
            throw new Failure(failure.exitCode(), failure.what(), failure.because(), tries, failure);
        }
    }

    private int print(Rehearsal rehearsal) {
        environment.out().print(common.json() ? KernelJson.pretty(rehearsal) + "\n" : RehearsalText.of(rehearsal, environment.reportColumns()));
        if (reportFile != null) {
            write(RehearsalXml.of(rehearsal));
        }
        return rehearsal.held() ? ExitCode.OK : ExitCode.CRIU;
    }

    private void write(String xml) {
        try {
            FileCalls.writeFile(reportFile, KernelString.encode(xml), 0644);
        } catch (LinuxException e) {
            throw new Failure(ExitCode.FAILURE, "the report cannot be written: " + reportFile, List.of(e.getMessage()), List.of("--report with a path that can"), e);
        }
    }

    private RehearsalOptions options() {
        if (cycles < 1) {
            throw usage("--cycles " + cycles + " is none", "at least one");
        }
        if (engine == EngineName.REHEARSE && image != null) {
            throw usage("--image with --engine rehearse", "it writes no images");
        }
        if (readyPort != null && (readyPort < 1 || readyPort > 65535)) {
            throw usage("--ready-port " + readyPort + " is no port", "1 to 65535");
        }
        try {
            return new RehearsalOptions(command, Optional.ofNullable(readyCommand), Optional.ofNullable(readyOutput).map(Pattern::compile),
                    readyPort == null ? OptionalInt.empty() : OptionalInt.of(readyPort), Change.parse(changes), Optional.ofNullable(between), Optional.ofNullable(probe),
                    cycles, Optional.ofNullable(image).map(path -> path.startsWith("/") ? path : FileCalls.getcwd() + "/" + path), timeout, settle, compareExit,
                    maps.toRestoreOptions(Map.of()));
        } catch (PatternSyntaxException e) {
            throw usage("--ready-output " + readyOutput, e.getDescription());
        } catch (IllegalArgumentException e) {
            throw usage("--change " + String.join(",", changes) + " cannot be done", e.getMessage());
        }
    }

    private static Failure usage(String what, String because) {
        return new Failure(ExitCode.USAGE, what, List.of(because), List.of("thaw rehearse --help"));
    }
}
