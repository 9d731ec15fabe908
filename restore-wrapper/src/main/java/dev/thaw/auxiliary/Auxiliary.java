package dev.thaw.auxiliary;

import dev.thaw.fdbroker.JournalStream;
import dev.thaw.fdbroker.SourceOpener;
import dev.thaw.launcher.Caller;
import dev.thaw.launcher.LaunchRecord;
import dev.thaw.launcher.LaunchSpec;
import dev.thaw.launcher.LaunchedProcess;
import dev.thaw.launcher.Launcher;
import dev.thaw.launcher.NameRegistry;
import dev.thaw.launcher.NotStartable;
import dev.thaw.launcher.PreparedLaunch;
import dev.thaw.launcher.Program;
import dev.thaw.launcher.SpawnPlanner;
import dev.thaw.launcher.SpawnPlanning;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.pidns.EnteredNamespaces;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.run.StartFailures;
import dev.thaw.supervise.Lifecycle;
import dev.thaw.supervise.LifecycleOptions;
import dev.thaw.supervise.SignalForwarder;
import dev.thaw.supervise.StatusStream;
import dev.thaw.supervise.SupervisedProcess;
import dev.thaw.supervise.TerminalRelay;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** One process beside an application: in its namespaces and its cgroups, with its environment, known to a checkpoint as not a part of it. */
public final class Auxiliary {
    private static final Duration OPEN_LIMIT = Duration.ofSeconds(30);
    /** What was said to the application alone. */
    private static final List<String> NOT_PASSED_ON = List.of("NOTIFY_SOCKET=", "WATCHDOG_USEC=", "WATCHDOG_PID=", "LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=");

    private final LaunchRecord application;
    private final LaunchSpec spec;
    private final Caller caller;
    private final NameRegistry registry;
    private final Report report;

    private Auxiliary(LaunchRecord application, LaunchSpec spec, Caller caller, NameRegistry registry, Report report) {
        this.application = application;
        this.spec = spec;
        this.caller = caller;
        this.registry = registry;
        this.report = report;
    }

    /**
     * Starts the command and stays with it.
     *
     * @param application beside which
     * @param environment of thaw
     * @param broker gets the descriptor of a name from the broker; the caller owns it
     * @return the exit code for thaw, which is the command's own
     * @throws Failure when it cannot be started
     */
    public static int execute(LaunchRecord application, LaunchSpec spec, List<String> environment, NameRegistry registry,
            Function<String, OwnedFd> broker, Report report) {
        Caller given = Caller.look(spec, environment);
        Caller caller = new Caller(environmentOf(application, environment), given.descriptors(), given.closedStreams(), given.stdinIsForegroundTerminal(),
                given.ignoredSignals(), given.noFileSoftLimit());
        Launcher launcher = new Launcher(new SourceOpener(OPEN_LIMIT, JournalStream.SOCKET, application.name(), broker));
        return StartFailures.explained(() -> new Auxiliary(application, spec, caller, registry, report).execute(launcher));
    }

    /** The application's, as container engines do it; the caller's terminal is described by the caller. */
    private static List<String> environmentOf(LaunchRecord application, List<String> ours) {
        List<String> environment = new ArrayList<>();
        try {
            String text = KernelString.decode(FileCalls.readAll("/proc/" + application.pid() + "/environ"));
            environment.addAll(List.of(text.split("\0")));
        } catch (LinuxException e) {
            throw new Failure(ExitCode.FAILURE, "the environment of pid " + application.pid() + " cannot be read", List.of(e.getMessage()),
                    List.of("as its user, or as root"), e);
        }
        environment.removeIf(entry -> entry.startsWith("TERM=") || entry.indexOf('=') < 1 || NOT_PASSED_ON.stream().anyMatch(entry::startsWith));
        ours.stream().filter(entry -> entry.startsWith("TERM=")).forEach(environment::add);
        environment.add(LaunchRecord.besideEntry(application.pid(), application.startTicks()));
        return environment;
    }

    private int execute(Launcher launcher) {
        ProcessCalls.setChildSubreaper(true);
        try (SignalForwarder signals = SignalForwarder.install(); EnteredNamespaces inside = Entrance.into(application.pid())) {
            Program program = find(spec.command().get(0), inside);
            SpawnPlanning planning = within(inside, program);
            if (planning instanceof SpawnPlanning.Rejected rejected) {
                throw StartFailures.of(rejected);
            }
            try (PreparedLaunch prepared = launcher.prepare(((SpawnPlanning.Ready) planning).plan(), "")) {
                return attend(prepared, inside, signals);
            }
        }
    }

    private Program find(String name, EnteredNamespaces inside) {
        return inside.call(() -> Program.find(name, SpawnPlanner.environment(spec, caller), spec.directory()));
    }

    /** The command, through a program that enters what thaw cannot; where there is no such program it does without a time namespace. */
    private SpawnPlanning within(EnteredNamespaces inside, Program program) {
        List<String> words = new ArrayList<>(Entrance.words(application.pid()));
        if (words.isEmpty()) {
            return SpawnPlanner.plan(spec, caller, program);
        }
        try {
            Program through = find(Entrance.PROGRAM, inside);
            words.add(program.path());
            words.addAll(spec.command().subList(1, spec.command().size()));
            return SpawnPlanner.plan(spec.with(words), caller, through);
        } catch (NotStartable none) {
            List<String> because = List.of("there is no " + Entrance.PROGRAM + " where it runs, and thaw cannot enter it by itself (man 2 setns)");
            if (words.contains("--user")) {
                throw new Failure(ExitCode.FAILURE, "the user namespace of " + application.name() + " cannot be entered", because,
                        List.of("with util-linux in its root directory"), none);
            }
            report.warning("the command is not in the time namespace of " + application.name() + ": the clocks that count from the boot differ there", because,
                    List.of("with util-linux in its root directory"));
            return SpawnPlanner.plan(spec, caller, program);
        }
    }

    private LaunchedProcess start(PreparedLaunch prepared, EnteredNamespaces inside) {
        try (CgroupStay stay = CgroupStay.with(application.pid())) {
            if (!stay.refused().isEmpty()) {
                report.warning("the command is not in every cgroup of " + application.name(), stay.refused(), List.of("as root"));
            }
            return prepared.start(inside::call);
        }
    }

    private int attend(PreparedLaunch prepared, EnteredNamespaces inside, SignalForwarder signals) {
        LaunchedProcess process = start(prepared, inside);
        prepared.close();
        LaunchRecord record = process.record().besideApplication(application.name());
        registry.put(record);
        report.detail("started pid " + process.pid() + " beside pid " + application.pid());
        try {
            LifecycleOptions options = new LifecycleOptions(false, Optional.empty(), Optional.empty(), Duration.ZERO, Optional.empty(), false, false,
                    false, Optional.empty(), (signal, pid) -> false);
            Optional<TerminalRelay> relay = process.terminal().map(TerminalRelay::start);
            return Lifecycle.follow(new SupervisedProcess(process.pid()), relay, options, signals, StatusStream.none(), report).told(options, report);
        } finally {
            registry.remove(record);
        }
    }
}
