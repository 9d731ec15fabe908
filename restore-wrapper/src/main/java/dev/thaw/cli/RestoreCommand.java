package dev.thaw.cli;

import dev.thaw.criu.CriuBinary;
import dev.thaw.criu.CriuLocator;
import dev.thaw.launcher.Caller;
import dev.thaw.linux.OwnedFd;
import dev.thaw.plan.Opening;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.plan.RestorePlan;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.restore.FreshTerminal;
import dev.thaw.restore.Markers;
import dev.thaw.restore.Planning;
import dev.thaw.restore.Privileges;
import dev.thaw.restore.Restorer;
import dev.thaw.supervise.Lifecycle;
import dev.thaw.supervise.OwnStreams;
import dev.thaw.supervise.ServiceNotify;
import dev.thaw.supervise.SignalForwarder;
import dev.thaw.supervise.StatusStream;
import dev.thaw.supervise.SupervisedProcess;
import dev.thaw.supervise.TerminalRelay;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code thaw restore}: pre-open, hand over, restore, prove, supervise. */
@Command(name = "restore", description = "Restore IMAGE with every descriptor it needs opened beforehand, handed over and proven to have arrived.")
final class RestoreCommand implements Callable<Integer> {
    /** For everything up to the proof, unless the user says otherwise: an image of many gigabytes on a cold disk takes minutes. */
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final Environment environment;

    @Mixin
    private CommonOptions common;

    @Mixin
    private SourceOptions sources;

    @Mixin
    private LifeOptions life;

    @Option(names = "--broker", paramLabel = "SOCKET", description = "Socket of the broker that broker:NAME asks.")
    private String broker;

    @Option(names = "--marker", paramLabel = "N=TEXT",
            description = "Write TEXT and a line break to what descriptor N gets, before the application's first byte; repeatable.")
    private Map<Integer, String> markers = new LinkedHashMap<>();

    @Parameters(paramLabel = "IMAGE", description = "An image, one of its generations, or a bare CRIU images directory.")
    private String image;

    RestoreCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        Report report = common.report(environment);
        StatusStream status = life.status();
        try {
            return restore(report, status);
        } catch (Failure failure) {
            status.failed(failure);
            throw failure;
        }
    }

    private int restore(Report report, StatusStream status) {
        long start = System.nanoTime();
        RestoreOptions options = sources.toRestoreOptions();
        Planning planning = Planning.of(image, options, Caller.closedStreams(environment.environment()), Brokers.names(options, Optional.ofNullable(broker)));
        RestorePlan plan = planning.ready();
        plan.notes().forEach(report::warning);
        status.event("planned", "pid", plan.rootPid(), "handovers", plan.handovers().size(), "millis", millisSince(start));
        Privileges.require("restoring");
        CriuBinary criu = CriuLocator.of(environment.environment()).find(common.criu().orElse("")).orFailure();
        report.detail("criu " + criu.version() + ", " + criu.path() + " (" + criu.origin() + ")");
        Markers.check(markers.keySet(), plan);
        SignalForwarder signals = SignalForwarder.install();
        try (FreshTerminal terminal = new FreshTerminal()) {
            return attend(planning, plan, criu, signals, terminal, start, report, status);
        }
    }

    private int attend(Planning planning, RestorePlan plan, CriuBinary criu, SignalForwarder signals, FreshTerminal terminal, long start,
            Report report, StatusStream status) {
        Restorer.Restored restored = new Restorer(criu, report, environment::variable, opening -> openElsewhere(opening, terminal), markers)
                .restore(planning.image(), plan, life.timeout().orElse(LIMIT));
        status.event("restored", "pid", restored.rootPid(), "millis", millisSince(start), "criuMillis", restored.criuTime().toMillis());
        OwnStreams.close(planning.world().own().keySet().stream().filter(number -> number > 2).collect(Collectors.toSet()));
        return Lifecycle.attend(new SupervisedProcess(restored.rootPid()), terminal.release().map(TerminalRelay::start),
                life.lifecycle(signal -> false).afterRestore()
                        .notifying(ServiceNotify.to(environment.variable(ServiceNotify.VARIABLE))), signals, status, report);
    }

    private OwnedFd openElsewhere(Opening opening, FreshTerminal terminal) {
        if (opening instanceof Opening.Pty) {
            if (life.detach()) {
                throw Failure.of(ExitCode.USAGE, "a pty does not go with --detach", "it ends when thaw leaves", "without --detach");
            }
            return terminal.open();
        }
        if (opening instanceof Opening.Broker named) {
            return Brokers.retrieve(named.name(), Optional.ofNullable(broker));
        }
        throw new Failure(ExitCode.SOURCE, "no way to open " + opening.text() + " here", List.of(), List.of("another source"));
    }

    private static long millisSince(long start) {
        return Duration.ofNanos(System.nanoTime() - start).toMillis();
    }
}
