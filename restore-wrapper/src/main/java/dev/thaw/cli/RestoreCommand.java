package dev.thaw.cli;

import dev.thaw.compat.Surroundings;
import dev.thaw.criu.CriuLocator;
import dev.thaw.fdbroker.Source;
import dev.thaw.image.Generations;
import dev.thaw.image.ImageException;
import dev.thaw.launcher.Caller;
import dev.thaw.launcher.LaunchSpec;
import dev.thaw.launcher.NameRegistry;
import dev.thaw.launcher.SessionPolicy;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.restore.CompiledRun;
import dev.thaw.restore.Planning;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code thaw restore}: pre-open, hand over, restore, prove, supervise. */
@Command(name = "restore", description = "Restore IMAGE with every descriptor it needs opened beforehand, handed over and proven to have arrived.",
        customSynopsis = {"thaw restore [OPTIONS] IMAGE", "       thaw restore [OPTIONS] --on-failure start IMAGE -- COMMAND [ARG...]"})
final class RestoreCommand implements Callable<Integer> {
    private final Environment environment;

    @Mixin
    private CommonOptions common;

    @Mixin
    private SourceOptions sources;

    @Mixin
    private LifeOptions life;

    @Mixin
    private CycleOptions cycle;

    @Option(names = "--marker", paramLabel = "N=TEXT",
            description = "Write TEXT and a line break to what descriptor N gets, before the application's first byte; repeatable.")
    private Map<Integer, String> markers = new LinkedHashMap<>();

    @Mixin
    private NameOption name;

    @Option(names = "--no-compiled-plan", description = "Plan anew in any case, and don't take the program that the checkpoint has left beside the images.")
    private boolean planAnew; // the script thaw looks at it: here there is no other way

    @Parameters(index = "0", paramLabel = "IMAGE", description = "An image, one of its generations, or a bare CRIU images directory.")
    private String image;

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "COMMAND", hideParamSyntax = true,
            description = "For --on-failure start: the program and its arguments, after --.")
    private List<String> command = new ArrayList<>();

    RestoreCommand(Environment environment) {
        this.environment = environment;
    }

    /** Without picocli; see {@link PlainRestore}. */
    RestoreCommand(Environment environment, CommonOptions common) {
        this(environment);
        this.common = common;
        sources = new SourceOptions();
        life = new LifeOptions();
        cycle = new CycleOptions();
        name = new NameOption();
    }

    /** Sets an option without a value. False when it is none that is known here; picocli decides then. */
    boolean take(String flag) {
        if (flag.equals("--no-compiled-plan")) {
            planAnew = true;
            return true;
        }
        return common.take(flag) || life.take(flag) || cycle.take(flag);
    }

    /**
     * Sets an option with its value; false as above.
     *
     * @throws IllegalArgumentException when the value is none for it
     */
    boolean take(String option, String value) {
        return common.take(option, value) || life.take(option, value) || sources.take(option, value);
    }

    void takeImage(String path) {
        image = path;
    }

    Report report() {
        return common.report(environment);
    }

    @Override
    public Integer call() {
        Report report = common.report(environment);
        StatusStream status = life.status();
        if (cycle.startsAnew(false) == command.isEmpty()) {
            throw new Failure(ExitCode.USAGE, command.isEmpty() ? "--on-failure start: there is no COMMAND to start" : "COMMAND is for --on-failure start",
                    List.of(), List.of("thaw restore --on-failure start IMAGE -- COMMAND"));
        }
        try {
            return restore(report, status);
        } catch (Failure failure) {
            status.failed(failure);
            throw failure;
        }
    }

    private int restore(Report report, StatusStream status) {
        Optional<NameRegistry> registry = NameRegistry.defaultDirectory(environment::variable, ProcessCalls.geteuid()).map(NameRegistry::new);
        RestoreOptions options = sources.toRestoreOptions();
        Optional<String> socket = sources.broker();
        RestoreSettings settings = new RestoreSettings(options, Caller.closedStreams(environment.environment()), Brokers.names(socket),
                (name, recorded) -> Brokers.retrieve(name, socket.or(() -> recorded)), markers, () -> CriuLocator.of(environment.environment()).find(common.criu().orElse("")),
                cycle.pidNamespace(), cycle.once(), cycle.afterRestore(), name.orEmpty(), registry, environment::variable);
        Optional<TermCheckpoint> term = cycle.checkpointsOnTerm() ? cycle.onTerm(imageRoot(), common, environment, registry, status, report)
                : Optional.empty();
        LifecycleOptions lifecycle = life.lifecycle(term.map(SignalTaker.class::cast).orElseGet(SignalTaker::none))
                .notifying(ServiceNotify.to(environment.variable(ServiceNotify.VARIABLE)));
        StartOrRestore start = new StartOrRestore(settings, lifecycle, status, report);
        Optional<CompiledRun> begun = environment.variable(CompiledRun.VARIABLE).map(CompiledRun::parse);
        int code = command.isEmpty() ? start.restore(image, begun) : start.restoreOr(cold(lifecycle, registry, status, report), image);
        return term.filter(TermCheckpoint::wrote).isPresent() ? ExitCode.OK : code;
    }

    private StartOrRestore.Command cold(LifecycleOptions lifecycle, Optional<NameRegistry> registry, StatusStream status, Report report) {
        Map<Integer, Source> streams = sources.byNumber();
        streams.values().removeIf(Source.Original.class::isInstance);
        LaunchSpec spec = new LaunchSpec(command, Optional.empty(), List.of(), streams, Set.of(), List.of(), SessionPolicy.NEW, life.detach(), true);
        RunOptions run = new RunOptions(spec, name.orEmpty(), false, OptionalInt.empty(), cycle.pidNamespace(), cycle.ipcNamespace(), lifecycle,
                environment.environment(), held -> Brokers.retrieve(held, sources.broker()), Optional.empty());
        return new StartOrRestore.Command(Surroundings.asked(command, environment.environment(), Optional.empty()),
                () -> Run.execute(run, registry, status, report), true);
    }

    private String imageRoot() {
        try {
            return Generations.resolve(image).imageRoot().orElseThrow(() -> Failure.of(ExitCode.USAGE,
                    "--on-term checkpoint has no place to write to", "IMAGE is no directory of generations", "an IMAGE that thaw checkpoint has made"));
        } catch (ImageException e) {
            if (command.isEmpty()) {
                throw Planning.imageFailure(image, e);
            }
            return image;
        }
    }
}
