package dev.thaw.cli;

import dev.thaw.cli.broker.BrokerCommand;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.LinuxException;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.supervise.AtExit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;

/** The program {@code thaw}: the table of its commands, and the only place that exits. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        Environment environment = Environment.ofThisProcess();
        AtExit.exit(afterWriting(run(RawArguments.of(args), environment), environment));
    }

    /** A report that a full disk has cut off is no success. A reader that has seen enough, as head(1), is none of our business. */
    private static int afterWriting(int code, Environment environment) {
        if (code != ExitCode.OK || !environment.out().checkError() || isClosedOrHasReader()) {
            return code;
        }
        environment.report("", 0, false).failure(new Failure(ExitCode.FAILURE, "not all that was to be printed was written",
                List.of("a write to standard output failed"), List.of("df -h, for where it goes to")));
        environment.err().flush();
        return ExitCode.FAILURE;
    }

    private static boolean isClosedOrHasReader() {
        try {
            FileStatus output = FileCalls.fstat(1);
            return output.isFifo() || output.isSocket();
        } catch (LinuxException closed) {
            return true;
        }
    }

    /** Runs one command line in this process and returns the exit code. */
    static int run(List<String> arguments, Environment environment) {
        Report report = environment.report("", 0, false);
        Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> report.unexpected(thrown));
        Optional<RestoreCommand> plain = PlainRestore.of(arguments, environment);
        return plain.isPresent() ? PlainRestore.execute(plain.get(), environment) : new CommandFacade(commands(), environment).execute(arguments);
    }

    /** A command is added by one line here. Only the one that is called is made: picocli's reflection takes milliseconds for each. */
    static Map<String, Function<Environment, Callable<Integer>>> commands() {
        Map<String, Function<Environment, Callable<Integer>>> commands = new LinkedHashMap<>();
        commands.put("run", RunCommand::new);
        commands.put("checkpoint", CheckpointCommand::new);
        commands.put("restore", RestoreCommand::new);
        commands.put("plan", PlanCommand::new);
        commands.put("inspect", InspectCommand::new);
        commands.put("diff", DiffCommand::new);
        commands.put("check", CheckCommand::new);
        commands.put("explain", ExplainCommand::new);
        commands.put("broker", BrokerCommand::new);
        commands.put("exec", ExecCommand::new);
        commands.put("rehearse", RehearseCommand::new);
        commands.put("demo", DemoCommand::new);
        return commands;
    }
}
