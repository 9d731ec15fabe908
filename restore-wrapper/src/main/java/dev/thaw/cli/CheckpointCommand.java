package dev.thaw.cli;

import dev.thaw.checkpoint.AfterCheckpoint;
import dev.thaw.checkpoint.BeforeCheckpoint;
import dev.thaw.checkpoint.Checkpoint;
import dev.thaw.checkpoint.CheckpointRequest;
import dev.thaw.checkpoint.Checkpointer;
import dev.thaw.checkpoint.DumpOptions;
import dev.thaw.checkpoint.ReadyCommand;
import dev.thaw.checkpoint.Verifier;
import dev.thaw.criu.CriuBinary;
import dev.thaw.criu.CriuLocator;
import dev.thaw.criu.CriuSearch;
import dev.thaw.launcher.LaunchRecord;
import dev.thaw.launcher.NameRegistry;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.restore.LookAhead;
import dev.thaw.restore.Policies;
import dev.thaw.restore.Privileges;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code thaw checkpoint}. */
@Command(
        name = "checkpoint",
        description = "Write a checkpoint of the process tree rooted at PID into IMAGE. The tree ends, unless told otherwise.",
        customSynopsis = {"thaw checkpoint [OPTIONS] PID IMAGE", "       thaw checkpoint [OPTIONS] --name NAME IMAGE"},
        sortOptions = false)
final class CheckpointCommand implements Callable<Integer> {
    private final Environment environment;

    @Option(names = "--name", paramLabel = "NAME", description = "The tree that thaw run or restore has started under this name.")
    private String name;

    @Option(names = "--leave-running", description = "Let the tree run on afterwards.")
    private boolean leaveRunning;

    @Option(names = "--keep", paramLabel = "N", defaultValue = "2", description = "How many generations stay in IMAGE (default: ${DEFAULT-VALUE}).")
    private int keep;

    @Option(names = "--tcp", paramLabel = "established|close",
            description = "What becomes of open TCP connections: restored as they are, or as closed by the peer.")
    private DumpOptions.Tcp tcp;

    @Option(names = "--intruders", paramLabel = "fail|end|ignore", defaultValue = "FAIL",
            description = "What to do about processes that are no part of the tree: those of thaw exec, debuggers, and those that "
                    + "share its session, process group or pid namespace (default: fail).")
    private DumpOptions.Intruders intruders;

    @Option(names = "--shrink", paramLabel = "jvm",
            description = "Before the dump, the JVMs of the tree collect their garbage and give free memory back, for a smaller image.")
    private Shrink shrink;

    @Option(names = "--ready-command", paramLabel = "CMD",
            description = "Asked with sh -c, again and again, until it exits with 0: then the checkpoint is made. The tree's pid is in $$THAW_PID.")
    private String readyCommand;

    @Option(names = "--before-checkpoint", paramLabel = "CMD",
            description = "Run with sh -c just before, the pid in $$THAW_PID and the image in $$THAW_IMAGE; when it fails there is no checkpoint.")
    private String beforeCheckpoint;

    @Option(names = "--after-checkpoint", paramLabel = "CMD",
            description = "With --leave-running: run with sh -c when the checkpoint is there, the pid in $$THAW_PID, the image in $$THAW_IMAGE, and in "
                    + "$$THAW_SECONDS how long the tree was stopped.")
    private String afterCheckpoint;

    @Mixin
    private NoticeOptions notice;

    @Option(names = "--timeout", paramLabel = "DURATION", defaultValue = "5m",
            description = "How long all of it may take; then the tree runs on (default: ${DEFAULT-VALUE}).")
    private Duration timeout;

    @Option(names = "--criu-option", paramLabel = "OPT", description = "Give OPT to criu dump as it is (repeat).")
    private List<String> criuOptions = new ArrayList<>();

    @Mixin
    private CommonOptions common;

    @Parameters(arity = "1..2", paramLabel = "PID IMAGE", hideParamSyntax = true, description = "Root of the tree, and the directory of generations.")
    private List<String> words;

    @Option(names = "--policy", paramLabel = "FILE",
            description = "Keep this policy beside the image; restore takes it unless it is given another.")
    private String policy;

    CheckpointCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws InterruptedException {
        int pid = pid();
        if (keep < 1) {
            throw usage("--keep " + keep + " keeps nothing", "at least the new generation stays");
        }
        AfterCheckpoint after = new AfterCheckpoint(Optional.ofNullable(afterCheckpoint), notice.notice());
        if (!leaveRunning && !after.isNothing()) {
            throw usage("--after-checkpoint, --notify-signal and --notify-fd go with --leave-running", "otherwise nobody is left who could be told");
        }
        Report report = common.report(environment);
        if (policy != null) {
            Policies.read(policy);
        }
        CriuSearch search = CriuLocator.of(environment.environment()).find(common.criu().orElse(""));
        Privileges.require("a checkpoint", search instanceof CriuBinary found ? found.path() : "");
        CriuBinary criu = search.orFailure();
        DumpOptions options = new DumpOptions(leaveRunning, Optional.ofNullable(tcp), DumpOptions.NetworkLock.SKIP, intruders, criuOptions);
        Duration left = readyCommand == null ? timeout : ReadyCommand.await(readyCommand, pid, timeout);
        if (beforeCheckpoint != null) {
            BeforeCheckpoint.run(beforeCheckpoint, pid, words.get(words.size() - 1), left);
        }
        CheckpointRequest request = new CheckpointRequest(pid, words.get(words.size() - 1), options, keep, left, criu,
                registry().flatMap(names -> names.findPid(pid))).shrinkingJvms(shrink == Shrink.JVM);
        Checkpoint made = new Checkpointer(request, Verifier.readable(), report, environment::variable).run();
        if (policy != null) {
            Policies.store(policy, made.generation().directory());
        }
        after.tell(made, pid, report);
        made.notes().forEach(note -> report.warning(note.what(), note.because(), note.tries()));
        LookAhead.at(words.get(words.size() - 1), criu, Brokers.names(Optional.empty()), report).forEach(problem -> report.warning(
                "a restore will need more to go on: " + problem.what(), problem.because(), problem.tries()));
        if (common.json()) {
            environment.out().print(CheckpointPrinter.json(made));
        } else if (!common.quiet()) {
            environment.out().print(CheckpointPrinter.line(made));
        }
        return ExitCode.OK;
    }

    private int pid() {
        if (name != null) {
            if (words.size() != 1) {
                throw usage("PID and --name are both given", "they name the same thing");
            }
            return named(name).pid();
        }
        if (words.size() != 2) {
            throw usage("PID or IMAGE is missing", "a checkpoint is of a process tree, and goes into a directory");
        }
        if (!words.get(0).matches("[1-9][0-9]{0,8}")) {
            throw usage("'" + words.get(0) + "' is no pid", "a pid is a number above 0");
        }
        return Integer.parseInt(words.get(0));
    }

    private LaunchRecord named(String wanted) {
        return registry().flatMap(names -> names.find(wanted))
                .orElseThrow(() -> Failure.of(ExitCode.FAILURE, "nothing runs under the name " + wanted,
                        "thaw run --name has started nothing of this name that runs still", "thaw checkpoint PID IMAGE"));
    }

    private Optional<NameRegistry> registry() {
        return NameRegistry.defaultDirectory(environment::variable, ProcessCalls.geteuid()).map(NameRegistry::new);
    }

    private static Failure usage(String what, String because) {
        return new Failure(ExitCode.USAGE, what, List.of(because), List.of("thaw checkpoint --help"));
    }
}
