package dev.thaw.cli;

import dev.thaw.compat.Surroundings;
import dev.thaw.criu.CriuLocator;
import dev.thaw.fdbroker.Source;
import dev.thaw.launcher.Caller;
import dev.thaw.launcher.LaunchSpec;
import dev.thaw.launcher.NameRegistry;
import dev.thaw.launcher.OpenRequest;
import dev.thaw.launcher.SessionPolicy;
import dev.thaw.launcher.SocketActivation;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.plan.Rule;
import dev.thaw.plan.Selector;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.run.Run;
import dev.thaw.run.RunOptions;
import dev.thaw.start.RestoreSettings;
import dev.thaw.start.StartOrRestore;
import dev.thaw.start.TermCheckpoint;
import dev.thaw.supervise.LifecycleOptions;
import dev.thaw.supervise.ServiceNotify;
import dev.thaw.supervise.SignalTaker;
import dev.thaw.supervise.StatusStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

    @Mixin
    private NameOption name;

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

    @Option(names = "--broker", paramLabel = "SOCKET", description = "Socket of the broker that broker:NAME and --keep-in-broker mean.")
    private String broker;

    @Option(names = "--keep-in-broker",
            description = "Have the broker keep its pipes and listening sockets too: while it is checkpointed, those who write and connect wait instead of "
                    + "failing, and a restore gets them back by itself. Needs --name.")
    private boolean keepInBroker;

    @Option(names = "--image", paramLabel = "IMAGE", description = "Restore it from IMAGE, if a checkpoint of this command is there; else start it.")
    private String image;

    @Mixin
    private MapOptions maps;

    @Mixin
    private CycleOptions cycle;

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
            return image == null ? Run.execute(options(SignalTaker.none()), registry, status, common.report(environment))
                    : fromImage(registry, status, common.report(environment));
        } catch (Failure failure) {
            status.failed(failure);
            throw failure;
        }
    }

    private int fromImage(Optional<NameRegistry> registry, StatusStream status, Report report) {
        Optional<TermCheckpoint> term = cycle.onTerm(image, common, environment, registry, status, report);
        RunOptions cold = options(term.map(SignalTaker.class::cast).orElseGet(SignalTaker::none));
        RestoreOptions options = restoreOptions(cold.spec().kept());
        RestoreSettings settings = new RestoreSettings(options, Caller.closedStreams(environment.environment()), Brokers.names(Optional.ofNullable(broker)),
                (held, recorded) -> Brokers.retrieve(held, Optional.ofNullable(broker).or(() -> recorded)), Map.of(), () -> CriuLocator.of(environment.environment()).find(common.criu().orElse("")), cycle.pidNamespace(),
                cycle.once(), cycle.afterRestore(), cold.name(), registry, environment::variable);
        LifecycleOptions life = cold.lifecycle().notifying(ServiceNotify.to(environment.variable(ServiceNotify.VARIABLE)));
        StartOrRestore.Command command = new StartOrRestore.Command(
                Surroundings.asked(this.command, environment.environment(), Optional.ofNullable(directory)),
                () -> Run.execute(cold, registry, status, report), cycle.startsAnew(true));
        int code = new StartOrRestore(settings, life, status, report).restoreOr(command, image);
        return term.filter(TermCheckpoint::wrote).isPresent() ? ExitCode.OK : code;
    }

    /** What the command would have been given, an image is given as well; a descriptor that it has closed since is no reason against it. */
    private RestoreOptions restoreOptions(Set<Integer> given) {
        RestoreOptions options = maps.toRestoreOptions(streams.byNumber());
        if (given.isEmpty()) {
            return options;
        }
        List<Rule> rules = new ArrayList<>(options.rules());
        given.forEach(number -> rules.add(new Rule(Selector.parse("fd:" + number), new Rule.Action.From(new Source.Descriptor(number), Rule.Missing.ERROR),
                "--keep-fd " + number, true)));
        return new RestoreOptions(options.streams(), rules, options.cgroup(), true, options.accepted());
    }

    private RunOptions options(SignalTaker intercept) {
        SessionPolicy policy = session != null ? session : exec ? SessionPolicy.SAME : SessionPolicy.NEW;
        Set<Integer> passedOn = new TreeSet<>(kept);
        passedOn.addAll(SocketActivation.of(environment.environment(), ProcessCalls.getpid()).numbers());
        LaunchSpec spec = new LaunchSpec(
                command, Optional.ofNullable(directory), variables, streams.byNumber(), passedOn, opens, policy, life.detach(), !noHints);
        OptionalInt floor = pidFloor == null ? OptionalInt.empty() : OptionalInt.of(pidFloor);
        Optional<ServiceNotify> manager = ServiceNotify.to(environment.variable(ServiceNotify.VARIABLE)).filter(found -> life.notifies());
        List<String> inherited = environment.environment().stream()
                .filter(entry -> manager.isEmpty() || !entry.startsWith(ServiceNotify.VARIABLE + "=")).toList();
        return new RunOptions(spec, name.orEmpty(), exec, floor, cycle.pidNamespace(), cycle.ipcNamespace(), life.lifecycle(intercept).notifying(manager), inherited,
                held -> Brokers.retrieve(held, Optional.ofNullable(broker)),
                keepInBroker ? Optional.of(Brokers.socketOr(Optional.ofNullable(broker))) : Optional.empty());
    }

    private void checkUsage() {
        name.orEmpty();
        for (String variable : variables) {
            if (variable.indexOf('=') < 1) {
                throw usage("--env " + variable + " is not of the form KEY=VALUE", "an empty value is KEY=");
            }
        }
        if (keepInBroker && name.orEmpty().isEmpty()) {
            throw usage("--keep-in-broker needs --name", "the broker keeps them as pipe:NAME:N and listener:NAME:N");
        }
        if (exec && (life.needsThawBeside() || streams.byNumber().containsValue(new Source.Pty()))) {
            throw usage("--exec does not go with an option that needs thaw beside the command", "after --exec there is no thaw any more");
        }
        if (exec && (image != null || cycle.pidNamespace() || cycle.ipcNamespace())) {
            throw usage("--exec does not go with --image, --pid-namespace and --ipc-namespace", "after --exec there is no thaw any more");
        }
        if (image == null) {
            cycle.needsImage().or(maps::given).ifPresent(option -> {
                throw usage(option + " needs --image", "without one there is nothing to restore, and no place to write to");
            });
        }
        if (command.get(0).isEmpty()) {
            throw usage("COMMAND is empty", "the first word after the options names a program");
        }
    }

    private static Failure usage(String what, String because) {
        return new Failure(ExitCode.USAGE, what, List.of(because), List.of("thaw run --help"));
    }
}
