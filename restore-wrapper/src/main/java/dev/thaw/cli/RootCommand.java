package dev.thaw.cli;

import dev.thaw.compat.ThawVersion;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;

@Command(
        name = "thaw",
        description = "Launches, checkpoints and restores processes with the descriptors they need.",
        synopsisSubcommandLabel = "COMMAND",
        versionProvider = RootCommand.Version.class)
final class RootCommand implements Callable<Integer> {
    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this text; 'thaw COMMAND --help' for one command.")
    private boolean help;

    @Option(names = "--version", versionHelp = true, description = "Show the version.")
    private boolean version;

    @Override
    public Integer call() {
        throw new Failure(ExitCode.USAGE, "no command is given", List.of(), List.of("thaw --help"));
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"thaw " + ThawVersion.TEXT};
        }
    }
}
