package dev.thaw.cli;

import dev.thaw.cli.broker.BrokerCommand;
import dev.thaw.report.Report;
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
        System.exit(run(RawArguments.of(args), Environment.ofThisProcess()));
    }

    /** Runs one command line in this process and returns the exit code. */
    static int run(List<String> arguments, Environment environment) {
        Report report = new Report("", environment.err(), 0, false);
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
