package dev.thaw.start;

import dev.thaw.compat.Here.Asked;
import dev.thaw.compat.Mismatch;
import dev.thaw.compile.CompiledPlan;
import dev.thaw.criu.CriuBinary;
import dev.thaw.criu.CriuSearch;
import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.image.Manifest;
import dev.thaw.launcher.LaunchedProcess;
import dev.thaw.linux.OwnedFd;
import dev.thaw.plan.CgroupFiles;
import dev.thaw.plan.Opening;
import dev.thaw.plan.RestorePlan;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.restore.CompiledRun;
import dev.thaw.restore.FreshTerminal;
import dev.thaw.restore.ImageReading;
import dev.thaw.restore.Markers;
import dev.thaw.restore.KeptDescriptors;
import dev.thaw.restore.Planning;
import dev.thaw.restore.Privileges;
import dev.thaw.restore.ReadAhead;
import dev.thaw.restore.Restored;
import dev.thaw.restore.Restorer;
import dev.thaw.restore.RestoreRequest;
import dev.thaw.restore.WorldReader;
import dev.thaw.run.BrokerDeposits;
import dev.thaw.supervise.Lifecycle;
import dev.thaw.supervise.LifecycleOptions;
import dev.thaw.supervise.OwnStreams;
import dev.thaw.supervise.SignalForwarder;
import dev.thaw.supervise.StatusStream;
import dev.thaw.supervise.SupervisedProcess;
import dev.thaw.supervise.TerminalRelay;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** One restore and the life of the application after it. */
public final class Restoration {
    private final RestoreSettings settings;
    private final SignalForwarder signals;
    private final StatusStream status;
    private final Report report;

    public Restoration(RestoreSettings settings, SignalForwarder signals, StatusStream status, Report report) {
        this.settings = settings;
        this.signals = signals;
        this.status = status;
        this.report = report;
    }

    /**
     * Restores, and attends to the application until thaw may exit.
     *
     * @param asked the command that the image is to be of, where there is one
     * @param life what is to happen while it runs
     * @throws Failure when there is no restore; nothing of it runs then, and the image is as it was
     */
    public Lifecycle.Outcome restore(String image, Optional<Asked> asked, LifecycleOptions life) {
        return restore(image, ImageReading.start(image), asked, life);
    }

    /** As above, of an image that is being read. */
    Lifecycle.Outcome restore(String image, ImageReading reading, Optional<Asked> asked, LifecycleOptions life) {
        long start = System.nanoTime();
        CriuSearch search = settings.criu().get();
        Optional<CriuBinary> found = search instanceof CriuBinary binary ? Optional.of(binary) : Optional.empty();
        // While the image is read.
        CgroupFiles.View here = WorldReader.ownCgroups();
        ImageReading.Image read = reading.await();
        try (ReadAhead ahead = ReadAhead.of(read.snapshot())) {
            Planning planning = Planning.of(image, read, here, settings.options(), settings.closedStreams(), settings.brokerNames(),
                    new Planning.Expectation(found.map(CriuBinary::version), asked));
            return restore(planning, life, ahead, search, start);
        }
    }

    private Lifecycle.Outcome restore(Planning planning, LifecycleOptions life, ReadAhead ahead, CriuSearch search, long start) {
        RestorePlan plan = planning.ready();
        plan.notes().forEach(report::warning);
        planning.mismatches().stream().filter(mismatch -> mismatch.severity().compareTo(Mismatch.Severity.WARNING) > 0)
                .forEach(mismatch -> report.detail(mismatch.what()));
        status.event("planned", "pid", plan.rootPid(), "handovers", plan.handovers().size(), "millis", millisSince(start));
        CriuBinary criu = search.orFailure();
        report.detail("criu " + criu.version() + ", " + criu.path() + " (" + criu.origin() + ")");
        Privileges.requireForRestore(criu.path());
        Privileges.requireFor(planning.image());
        Markers.check(settings.markers().keySet(), plan);
        try (FreshTerminal terminal = new FreshTerminal()) {
            return attend(planning, plan, criu, terminal, start, life, ahead);
        }
    }

    /**
     * As {@link #restore}, where a compiled plan is being carried out already.
     *
     * @return empty when nothing came of it, and it is to be planned anew
     */
    Optional<Lifecycle.Outcome> attend(CompiledRun run, LifecycleOptions life) {
        Optional<Restored> restored = run.await(life.timeout().orElse(RestoreSettings.LIMIT), signals::endAskedFor);
        if (restored.isEmpty()) {
            report.detail("the compiled plan did not work; planning anew");
            return Optional.empty();
        }
        long millis = restored.get().criuTime().toMillis();
        status.event("planned", "pid", run.rootPid(), "handovers", run.handovers(), "millis", 0);
        Registration registration = new Registration(settings.name(), settings.registry(), report);
        boolean ended = false;
        try {
            LaunchedProcess process = registration.enter(() -> launched(restored.get(), Manifest.read(run.generation())));
            status.event("restored", "pid", process.pid(), "millis", millis, "criuMillis", millis, "plan", "compiled");
            report.detail("restored by the compiled plan, " + run.generation() + "/" + CompiledPlan.PROGRAM);
            settings.afterRestore().tell(process.pid(), run.generation(), report);
            Lifecycle.Outcome outcome = live(process, restored.get(), Optional.empty(), registration, life);
            ended = outcome.endedEarly().isEmpty();
            return Optional.of(outcome);
        } finally {
            if (!ended) {
                restored.get().end();
            }
        }
    }

    private Lifecycle.Outcome attend(Planning planning, RestorePlan plan, CriuBinary criu, FreshTerminal terminal, long start, LifecycleOptions life,
            ReadAhead ahead) {
        Restorer restorer = new Restorer(criu, report, settings.variable(), opening -> openElsewhere(opening, planning, terminal, life), settings.markers(),
                signals::endAskedFor);
        RestoreRequest request = new RestoreRequest(planning.image(), plan, planning.resolved().imageRoot(),
                life.timeout().orElse(RestoreSettings.LIMIT), settings.pidNamespace());
        if (settings.once()) {
            String root = Spending.rootOf(planning.resolved().imageRoot());
            restorer.lookingAt(pid -> Spending.spend(root));
        }
        Registration registration = new Registration(settings.name(), settings.registry(), report);
        Restored[] restored = new Restored[1];
        boolean ended = false;
        try {
            LaunchedProcess process = GenerationInUse.during(planning.resolved().generationDir(), () -> registration.enter(() -> {
                restored[0] = restorer.restore(request);
                ahead.close();
                report.trace(ahead.text());
                return launched(restored[0], planning.manifest());
            }));
            status.event("restored", "pid", process.pid(), "millis", millisSince(start), "criuMillis", restored[0].criuTime().toMillis());
            settings.afterRestore().tell(process.pid(), planning.resolved().generationDir(), report);
            OwnStreams.close(planning.world().own().keySet().stream().filter(number -> number > 2 && !life.mayBeTriedAgain()).collect(Collectors.toSet()));
            Lifecycle.Outcome outcome = live(process, restored[0], terminal.release().map(TerminalRelay::start), registration, life);
            ended = outcome.endedEarly().isEmpty();
            return outcome;
        } finally {
            if (!ended && restored[0] != null) {
                restored[0].end();
            }
        }
    }

    /** The application's life, and what of thaw's own ends with it. */
    private Lifecycle.Outcome live(LaunchedProcess process, Restored restored, Optional<TerminalRelay> terminal, Registration registration,
            LifecycleOptions life) {
        Lifecycle.Outcome outcome = Lifecycle.follow(new SupervisedProcess(process.pid()), terminal, life.afterRestore(), signals, status, report);
        boolean ended = outcome.endedEarly().isEmpty();
        if (!life.detach() || !ended) {
            registration.leave(process.record());
            restored.endNamespace();
            if (ended && !BrokerDeposits.isWantedAfter(outcome.exitCode())) {
                BrokerDeposits.withdraw(process.record().inBroker());
            }
        }
        return outcome;
    }

    private LaunchedProcess launched(Restored restored, Optional<Manifest> manifest) {
        int pid = restored.rootPid();
        return new LaunchedProcess(pid, RestoredRecord.of(settings.name(), pid, manifest, DescriptorDescription::describe), Optional.empty());
    }

    private OwnedFd openElsewhere(Opening opening, Planning planning, FreshTerminal terminal, LifecycleOptions life) {
        if (opening instanceof Opening.Pty) {
            if (life.detach()) {
                throw Failure.of(ExitCode.USAGE, "a pty does not go with --detach", "it ends when thaw leaves", "without --detach");
            }
            return terminal.open();
        }
        if (opening instanceof Opening.Broker named) {
            return settings.broker().apply(named.name(), KeptDescriptors.socket(planning.manifest()));
        }
        throw new Failure(ExitCode.SOURCE, "no way to open " + opening.text() + " here", List.of(), List.of("another source"));
    }

    private static long millisSince(long start) {
        return Duration.ofNanos(System.nanoTime() - start).toMillis();
    }
}
