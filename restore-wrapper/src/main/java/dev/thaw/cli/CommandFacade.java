package dev.thaw.cli;

import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** All that the other classes need not know of picocli: settings, what is printed when arguments or a command fail, exit codes. */
final class CommandFacade {
    private static final int HELP_COLUMNS = 100;

    private final Map<String, Function<Environment, Callable<Integer>>> commands;
    private final Environment environment;

    CommandFacade(Map<String, Function<Environment, Callable<Integer>>> commands, Environment environment) {
        this.commands = commands;
        this.environment = environment;
    }

    int execute(List<String> arguments) {
        return LastResort.run(() -> commandLine(arguments).execute(arguments.toArray(String[]::new)), environment);
    }

    /** The model of the command line; with every command unless the first argument names one. */
    CommandLine commandLine(List<String> arguments) {
        CommandLine line = new CommandLine(new RootCommand());
        String first = arguments.isEmpty() ? "" : arguments.get(0);
        if (commands.containsKey(first)) {
            line.addSubcommand(first, commands.get(first).apply(environment));
        } else {
            commands.forEach((name, maker) -> line.addSubcommand(name, maker.apply(environment)));
        }
        return configure(line);
    }

    private CommandLine configure(CommandLine line) {
        line.setExpandAtFiles(false);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        Converters.register(line);
        line.setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF));
        line.setUsageHelpWidth(HELP_COLUMNS);
        line.setOut(new PrintWriter(environment.out(), true));
        line.setErr(new PrintWriter(environment.err(), true));
        line.setParameterExceptionHandler((exception, arguments) -> usageError(exception));
        line.setExecutionExceptionHandler((exception, failed, parsed) -> failed(exception, parsed));
        describeExitCodes(line);
        configureSubcommands(line);
        return line;
    }

    private static void configureSubcommands(CommandLine line) {
        for (CommandLine command : line.getSubcommands().values()) {
            // Everything after the first word that is no option belongs to COMMAND.
            command.setStopAtPositional(command.getCommand() instanceof TakesCommand);
            describeExitCodes(command);
            configureSubcommands(command);
        }
    }

    /** The words that name a command, without the program's: {@code broker store}; empty for the program itself. */
    static String words(CommandSpec command) {
        return command.parent() == null ? "" : (words(command.parent()) + " " + command.name()).strip();
    }

    private int usageError(ParameterException exception) {
        CommandLine at = exception.getCommandLine();
        String name = words(at.getCommandSpec());
        String program = ("thaw " + name).strip();
        String help = program + " --help";
        String what = exception.getMessage();
        if (!at.getSubcommands().isEmpty() && exception instanceof UnmatchedArgumentException unmatched && !unmatched.isUnknownOption()) {
            what = "there is no command '" + unmatched.getUnmatched().get(0) + "'";
            help = NearName.of(unmatched.getUnmatched().get(0), at.getSubcommands().keySet()).map(near -> program + " " + near + ", or ").orElse("") + help;
        }
        environment.report(name, 0, false).failure(new Failure(ExitCode.USAGE, what, List.of(), List.of(help)));
        return ExitCode.USAGE;
    }

    private int failed(Exception exception, ParseResult parsed) {
        Report report = report(parsed);
        if (exception instanceof Failure failure) {
            report.failure(failure);
            return failure.exitCode();
        }
        report.unexpected(exception);
        return ExitCode.FAILURE;
    }

    private Report report(ParseResult parsed) {
        while (parsed.hasSubcommand()) {
            parsed = parsed.subcommand();
        }
        for (CommandSpec mixin : parsed.commandSpec().mixins().values()) {
            if (mixin.userObject() instanceof CommonOptions common) {
                return common.report(environment);
            }
        }
        return environment.report("", 0, false);
    }

    private static void describeExitCodes(CommandLine line) {
        Map<String, String> codes = new LinkedHashMap<>();
        codes.put("*", "the child's own; 128+n where signal n ended it");
        ExitCode.meanings().forEach(meaning -> codes.put(Integer.toString(meaning.code()), meaning.text()));
        line.getCommandSpec().usageMessage().exitCodeListHeading("%nExit codes:%n").exitCodeList(codes);
    }
}
