package dev.thaw.cli;

import dev.thaw.auxiliary.Auxiliary;
import dev.thaw.launcher.LaunchRecord;
import dev.thaw.launcher.LaunchSpec;
import dev.thaw.launcher.NameRegistry;
import dev.thaw.launcher.SessionPolicy;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code thaw exec}. */
@Command(
        name = "exec",
        description = "Start COMMAND beside an application that thaw runs: in its namespaces and cgroups, with its environment. It is known as no part of "
                + "the application: a checkpoint refuses, ends it or leaves it out, see --intruders there.",
        customSynopsis = "thaw exec [OPTIONS] --name NAME -- COMMAND [ARG...]",
        sortOptions = false)
final class ExecCommand implements Callable<Integer>, TakesCommand {
    private final Environment environment;

    @Option(names = "--name", paramLabel = "NAME", required = true, description = "The application that thaw run or restore has started under this name.")
    private String name;

    @Mixin
    private StreamOptions streams;

    @Option(names = "--session", paramLabel = "new|same", defaultValue = "SAME", description = "A session of its own, or the caller's (default: same).")
    private SessionPolicy session;

    @Option(names = "--chdir", paramLabel = "DIR", description = "Start it in DIR (default: where the application was started).")
    private String directory;

    @Option(names = "--env", paramLabel = "KEY=VALUE", description = "Set an environment variable for it (repeat).")
    private List<String> variables = new ArrayList<>();

    @Mixin
    private CommonOptions common;

    @Parameters(arity = "1..*", paramLabel = "COMMAND", description = "The program and its arguments, after --.")
    private List<String> command;

    ExecCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        NameRegistry registry = NameRegistry.defaultDirectory(environment::variable, ProcessCalls.geteuid()).map(NameRegistry::new)
                .orElseThrow(() -> nothing("there is no place for names: neither $XDG_RUNTIME_DIR nor $" + NameRegistry.DIRECTORY_VARIABLE + " is set"));
        LaunchRecord application = registry.find(name).orElseThrow(() -> nothing("thaw run --name has started nothing of this name that runs still"));
        LaunchSpec spec = new LaunchSpec(command, Optional.of(directory == null ? application.directory() : directory), variables,
                streams.byNumber(), Set.of(), List.of(), session, false, false);
        return Auxiliary.execute(application, spec, environment.environment(), registry, held -> Brokers.retrieve(held, Optional.empty()),
                common.report(environment));
    }

    private Failure nothing(String because) {
        return Failure.of(ExitCode.FAILURE, "nothing runs under the name " + name, because, "thaw run --name " + name + " -- COMMAND");
    }
}
