package dev.thaw.cli;

import dev.thaw.fdbroker.Source;
import dev.thaw.launcher.LaunchSpec;
import dev.thaw.launcher.NameRegistry;
import dev.thaw.launcher.OpenRequest;
import dev.thaw.launcher.SessionPolicy;
import dev.thaw.launcher.SocketActivation;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.run.Run;
import dev.thaw.run.RunOptions;
import dev.thaw.supervise.ServiceNotify;
import dev.thaw.supervise.StatusStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code thaw run}. */
@Command(name = "run", description = "Start COMMAND so that it can be checkpointed and restored.", sortOptions = false)
final class RunCommand implements Callable<Integer>, TakesCommand {
    private final Environment environment;

    @Option(names = "--name", paramLabel = "NAME", description = "Name it, for thaw checkpoint --name and thaw exec.")
    private String name;

    @Mixin
    private StreamOptions streams;

    @Option(names = "--keep-fd", paramLabel = "N", description = "Let it have descriptor N of the caller (repeat).")
    private Set<Integer> kept = new TreeSet<>();

    @Option(names = "--open", paramLabel = "N=PATH[:ro|wo|rw|append]", description = "Open PATH for it as descriptor N (repeat).")
    private List<OpenRequest> opens = new ArrayList<>();

    @Option(names = "--session", paramLabel = "new|same", description = "Its own session, or the caller's (default: new; same with --exec).")
    private SessionPolicy session;

    @Option(names = "--chdir", paramLabel = "DIR", description = "Start it in DIR.")
    private String directory;

    @Option(names = "--env", paramLabel = "KEY=VALUE", description = "Set an environment variable for it (repeat).")
    private List<String> variables = new ArrayList<>();

    @Option(names = "--exec", description = "Become the command: no thaw stays beside it.")
    private boolean exec;

    @Option(names = "--no-runtime-hints", description = "Don't tell a JVM, Node.js or Go program by its environment to be restorable.")
    private boolean noHints;

    @Option(names = "--pid-floor", paramLabel = "N", description = "Start it with a pid above N, where few others are.")
    private Integer pidFloor;

    @Mixin
    private LifeOptions life;

    @Mixin
    private CommonOptions common;

    @Parameters(arity = "1..*", paramLabel = "COMMAND", description = "The program and its arguments, after --.")
    private List<String> command;

    RunCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        checkUsage();
        StatusStream status = life.status();
        Optional<NameRegistry> registry =
                NameRegistry.defaultDirectory(environment::variable, ProcessCalls.geteuid()).map(NameRegistry::new);
        try {
            return Run.execute(options(), registry, status, common.report(environment));
        } catch (Failure failure) {
            status.failed(failure);
            throw failure;
        }
    }

    private RunOptions options() {
        SessionPolicy policy = session != null ? session : exec ? SessionPolicy.SAME : SessionPolicy.NEW;
        Set<Integer> passedOn = new TreeSet<>(kept);
        passedOn.addAll(SocketActivation.of(environment.environment(), ProcessCalls.getpid()).numbers());
        LaunchSpec spec = new LaunchSpec(
                command, Optional.ofNullable(directory), variables, streams.byNumber(), passedOn, opens, policy, life.detach(), !noHints);
        OptionalInt floor = pidFloor == null ? OptionalInt.empty() : OptionalInt.of(pidFloor);
        Optional<ServiceNotify> manager = ServiceNotify.to(environment.variable(ServiceNotify.VARIABLE)).filter(found -> life.notifies());
        List<String> inherited = environment.environment().stream()
                .filter(entry -> manager.isEmpty() || !entry.startsWith(ServiceNotify.VARIABLE + "=")).toList();
        return new RunOptions(spec, name == null ? "" : name, exec, floor, life.lifecycle(signal -> false).notifying(manager), inherited,
                held -> Brokers.retrieve(held, Optional.empty()));
    }

    private void checkUsage() {
        if (name != null && !NameRegistry.isName(name)) {
            throw usage("--name " + name + " is no name", "letters, digits, '_', '-' and '.', at most 64, and not pid-NUMBER");
        }
        for (String variable : variables) {
            if (variable.indexOf('=') < 1) {
                throw usage("--env " + variable + " is not of the form KEY=VALUE", "an empty value is KEY=");
            }
        }
        if (exec && (life.needsThawBeside() || streams.byNumber().containsValue(new Source.Pty()))) {
            throw usage("--exec does not go with an option that needs thaw beside the command", "after --exec there is no thaw any more");
        }
        if (command.get(0).isEmpty()) {
            throw usage("COMMAND is empty", "the first word after the options names a program");
        }
    }

    private static Failure usage(String what, String because) {
        return new Failure(ExitCode.USAGE, what, List.of(because), List.of("thaw run --help"));
    }
}
