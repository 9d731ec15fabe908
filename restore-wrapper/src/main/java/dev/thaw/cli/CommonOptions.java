package dev.thaw.cli;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.report.DescriptorOutput;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options that every command has. */
public final class CommonOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(names = "-v", description = "Say more; -vv also shows stack traces.")
    private boolean[] verbose = {};

    @Option(names = {"-q", "--quiet"}, description = "Say nothing but why something failed.")
    private boolean quiet;

    @Option(names = "--log-file", paramLabel = "FILE", description = "Append every message, with details and the time, to FILE as well.")
    private String logFile;

    @Option(names = "--json", description = "Print reports as JSON.")
    private boolean json;

    @Option(names = "--criu", paramLabel = "PATH", description = "The criu to use.")
    private String criu;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this text.")
    private boolean help;

    private Report report;
    private String words = ""; // of the command, where picocli has no part in it

    /** The options of a command that picocli has no part in; see {@link PlainRestore}. */
    static CommonOptions of(String words) {
        CommonOptions common = new CommonOptions();
        common.words = words;
        return common;
    }

    boolean take(String flag) {
        switch (flag) {
            case "-q", "--quiet" -> quiet = true;
            case "--json" -> json = true;
            default -> {
                return false;
            }
        }
        return true;
    }

    boolean take(String option, String value) {
        switch (option) {
            case "--log-file" -> logFile = value;
            case "--criu" -> criu = value;
            default -> {
                return false;
            }
        }
        return true;
    }

    public boolean json() {
        return json;
    }

    public boolean quiet() {
        return quiet;
    }

    /** The criu that the user named. */
    public Optional<String> criu() {
        return Optional.ofNullable(criu);
    }

    /** The outlet for this command's messages. */
    public Report report(Environment environment) {
        if (report == null) {
            Report plain = environment.report(command == null ? words : CommandFacade.words(command), verbose.length, quiet);
            report = logFile == null ? plain : plain.alsoTo(openLog());
        }
        return report;
    }

    private PrintStream openLog() {
        int flags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND | OpenFlags.O_NOCTTY;
        String path = logFile;
        try {
            return new PrintStream(new DescriptorOutput(FileCalls.open(path, flags, 0600)), false, StandardCharsets.UTF_8);
        } catch (LinuxException e) {
            logFile = null;
            throw new Failure(
                    ExitCode.FAILURE,
                    "the log file cannot be written: " + path,
                    List.of(e.getMessage()),
                    List.of("--log-file with a path that can"),
                    e);
        }
    }
}
