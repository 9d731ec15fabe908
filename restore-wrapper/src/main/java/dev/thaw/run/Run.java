package dev.thaw.run;

import dev.thaw.fdbroker.JournalStream;
import dev.thaw.fdbroker.SourceOpener;
import dev.thaw.launcher.LaunchRecord;
import dev.thaw.launcher.LaunchedProcess;
import dev.thaw.launcher.Launcher;
import dev.thaw.launcher.NameRegistry;
import dev.thaw.launcher.PidFloor;
import dev.thaw.launcher.PreparedLaunch;
import dev.thaw.launcher.SpawnPlan;
import dev.thaw.launcher.SpawnPlan.Remark;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.pidns.IpcNamespace;
import dev.thaw.pidns.PidNamespace;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.supervise.Lifecycle;
import dev.thaw.supervise.OwnStreams;
import dev.thaw.supervise.PidFile;
import dev.thaw.supervise.SignalForwarder;
import dev.thaw.supervise.StatusStream;
import dev.thaw.supervise.SupervisedProcess;
import dev.thaw.supervise.TerminalRelay;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** One start, from what was asked to the exit code. */
public final class Run {
    private static final Duration OPEN_LIMIT = Duration.ofSeconds(30);

    private final RunOptions options;
    private final Optional<NameRegistry> registry;
    private final StatusStream status;
    private final Report report;

    private Run(RunOptions options, Optional<NameRegistry> registry, StatusStream status, Report report) {
        this.options = options;
        this.registry = registry;
        this.status = status;
        this.report = report;
    }

    /**
     * Starts the command and attends to it.
     *
     * @param registry where names are kept, if there is a place for them
     * @return the exit code for thaw
     * @throws Failure when it cannot be started, or was not up in time
     */
    public static int execute(RunOptions options, Optional<NameRegistry> registry, StatusStream status, Report report) {
        return StartFailures.explained(() -> new Run(options, registry, status, report).execute());
    }

    private int execute() {
        if (!options.pidNamespace()) {
            options.pidFloor().ifPresent(Run::raisePids);
        }
        SpawnPlan plan = Preparation.plan(options.spec(), options.environment());
        for (Remark remark : plan.remarks()) {
            say(remark);
        }
        Duration limit = options.lifecycle().timeout().orElse(OPEN_LIMIT);
        String identifier = baseName(options.spec().command().get(0));
        Launcher launcher = new Launcher(new SourceOpener(limit, JournalStream.SOCKET, identifier, options.broker()));
        try (PreparedLaunch prepared = launcher.prepare(plan, options.name())) {
            Optional<BrokerDeposits> deposits = options.keepInBroker().map(socket -> BrokerDeposits.of(prepared, options.name(), socket));
            deposits.ifPresent(kept -> report.detail("kept by the broker too: " + kept.all()));
            boolean stay = false;
            try {
                if (options.exec()) {
                    prepared.become(this::announceBeforeExec);
                }
                int code = attend(prepared);
                stay = options.lifecycle().detach() || BrokerDeposits.isWantedAfter(code);
                return code;
            } finally {
                if (!stay) {
                    deposits.ifPresent(BrokerDeposits::withdraw);
                }
            }
        }
    }

    private int attend(PreparedLaunch prepared) {
        ProcessCalls.setChildSubreaper(true);
        try (SignalForwarder signals = SignalForwarder.install()) {
            Optional<PidNamespace> namespace = options.pidNamespace() ? Optional.of(PidNamespace.create(options.pidFloor().orElse(0))) : Optional.empty();
            boolean up = false;
            try {
                int code = attend(prepared, namespace, signals);
                up = options.lifecycle().detach();
                return code;
            } finally {
                if (!up) {
                    namespace.ifPresent(PidNamespace::close);
                }
            }
        }
    }

    private int attend(PreparedLaunch prepared, Optional<PidNamespace> namespace, SignalForwarder signals) {
        LaunchedProcess process = register(() -> prepared.start(start -> where(namespace, start)));
        prepared.close();
        OwnStreams.close(options.spec().kept());
        report.detail("started pid " + process.pid() + ": " + String.join(" ", options.spec().command()));
        status.event("started", "pid", process.pid());
        namespace.ifPresent(inside -> inside.liveWith(inside.pids().inner(process.pid())));
        Optional<TerminalRelay> relay = process.terminal().map(TerminalRelay::start);
        int code = Lifecycle.follow(new SupervisedProcess(process.pid()), relay, options.lifecycle(), signals, status, report)
                .told(options.lifecycle(), report);
        if (!options.lifecycle().detach()) {
            registry.ifPresent(names -> names.remove(process.record()));
        }
        return code;
    }

    private int where(Optional<PidNamespace> pids, Supplier<Integer> start) {
        if (options.ipcNamespace()) {
            return IpcNamespace.start(pids, start);
        }
        return pids.isPresent() ? pids.get().call(start) : start.get();
    }

    private LaunchedProcess register(Supplier<LaunchedProcess> start) {
        if (!options.name().isEmpty()) {
            return names().startNamed(options.name(), start);
        }
        LaunchedProcess process = start.get();
        try {
            registry.ifPresent(names -> names.put(process.record()));
        } catch (NameRegistry.Unavailable | LinuxException e) {
            report.detail("no launch record is kept: " + e.getMessage());
        }
        return process;
    }

    private NameRegistry names() {
        return registry.orElseThrow(() -> Failure.of(
                ExitCode.FAILURE,
                "a name cannot be kept",
                "neither $XDG_RUNTIME_DIR nor $" + NameRegistry.DIRECTORY_VARIABLE + " is set",
                NameRegistry.DIRECTORY_VARIABLE + "=DIRECTORY thaw run ..., and the same for thaw checkpoint"));
    }

    private void announceBeforeExec(LaunchRecord record) {
        if (!options.name().isEmpty() || registry.isPresent()) {
            register(() -> new LaunchedProcess(record.pid(), record, Optional.empty()));
        }
        options.lifecycle().pidFile().ifPresent(file -> PidFile.write(file, record.pid()));
        status.event("started", "pid", record.pid());
    }

    private void say(Remark remark) {
        List<String> because = remark.because().isEmpty() ? List.of() : List.of(remark.because());
        if (remark.important()) {
            report.warning(remark.what(), because, List.of());
        } else {
            report.detail(remark.what() + (because.isEmpty() ? "" : ": " + remark.because()));
        }
    }

    private static void raisePids(int floor) {
        try {
            PidFloor.raiseTo(floor);
        } catch (IllegalArgumentException e) {
            throw Failure.of(ExitCode.USAGE, "--pid-floor " + floor + " is too high", e.getMessage());
        } catch (LinuxException e) {
            throw Failure.of(
                    ExitCode.FAILURE, "--pid-floor " + floor + " cannot be set", e.getMessage(), "as root, or with CAP_CHECKPOINT_RESTORE");
        }
    }

    private static String baseName(String command) {
        return command.substring(command.lastIndexOf('/') + 1);
    }
}
