package dev.thaw.supervise;

import dev.thaw.linux.Signals;
import dev.thaw.linux.WaitStatus;
import dev.thaw.report.Durations;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import java.time.Duration;
import java.util.Optional;

/** An application from the moment it runs to the moment thaw may exit. */
public final class Lifecycle {
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final int pid;
    private final LifecycleOptions options;
    private final SignalForwarder signals;
    private final StatusStream status;
    private final Report report;
    private boolean reaped;
    private boolean up;
    private boolean ownsTerminal;

    private Lifecycle(int pid, LifecycleOptions options, SignalForwarder signals, StatusStream status, Report report) {
        this.pid = pid;
        this.options = options;
        this.signals = signals;
        this.status = status;
        this.report = report;
    }

    /**
     * Writes the pid file, waits until the application is up, and unless detached until it ends. From here on thaw's own standard input
     * and output are /dev/null.
     *
     * @param terminal the application's pseudo-terminal
     * @throws Failure when it was not up in time; nothing of it runs then
     */
    public static Outcome follow(
            SupervisedProcess process,
            Optional<TerminalRelay> terminal,
            LifecycleOptions options,
            SignalForwarder signals,
            StatusStream status,
            Report report) {
        return new Lifecycle(process.pid(), options, signals, status, report).follow(terminal);
    }

    /**
     * How it went, for a caller who knows what to do about an application that did not come up; {@link #told} for others.
     *
     * @param exitCode the application's own, or 0 when it is up and thaw leaves
     * @param endedEarly when it ended before it was up: how
     */
    public record Outcome(int exitCode, Optional<String> endedEarly) {
        /**
         * The exit code, for a user who is told when it ended before it was up.
         *
         * @throws Failure when nobody may take that code for a success, or for thaw's own
         */
        public int told(LifecycleOptions options, Report report) {
            endedEarly.ifPresent(what -> sayEndedEarly(what, exitCode, options, report));
            return exitCode;
        }
    }

    private Outcome follow(Optional<TerminalRelay> terminal) {
        this.ownsTerminal = terminal.isPresent();
        if (!options.mayBeTriedAgain()) {
            letGoOfStreams();
        }
        Optional<DeathWatch> watch = options.endWithParent() ? Optional.of(ParentDeathWatch.start(pid)) : Optional.empty();
        Runnable beforeReaping = () -> watch.ifPresent(DeathWatch::close);
        try {
            options.pidFile().ifPresent(file -> PidFile.write(file, pid));
            Readiness readiness = Readiness.start(pid, options, signals::wake);
            Supervisor supervisor = new Supervisor(
                    new SupervisedProcess(pid), new SupervisionOptions(signals, this::takes, terminal, beforeReaping, report));
            return attend(supervisor, readiness);
        } catch (RuntimeException e) {
            if (!reaped) {
                beforeReaping.run();
                ProcessTreeEnd.end(pid, GRACE);
            }
            removePidFile();
            throw e;
        } finally {
            terminal.ifPresent(TerminalRelay::close);
        }
    }

    private boolean takes(int signal) {
        return up && options.intercept().takes(signal, pid);
    }

    private void letGoOfStreams() {
        if (!ownsTerminal) {
            OwnStreams.letGo();
        }
    }

    private Outcome attend(Supervisor supervisor, Readiness readiness) {
        Optional<WaitStatus> early = supervisor.superviseUntil(readiness::isDecided);
        if (early.isEmpty() && readiness.state() == Readiness.State.TOO_LATE) {
            throw tooLate(readiness);
        }
        boolean ready = early.isEmpty() && readiness.state() == Readiness.State.READY;
        if (ready) {
            up = true;
            if (options.mayBeTriedAgain()) {
                letGoOfStreams();
            }
            status.event("ready", "pid", pid, "millis", readiness.elapsed().toMillis());
            options.manager().ifPresent(this::tellReady);
            if (options.detach()) {
                return new Outcome(ExitCode.OK, Optional.empty());
            }
        }
        WaitStatus how = early.or(() -> supervisor.superviseUntil(() -> false)).orElseThrow();
        reaped = true;
        status.exited(pid, how);
        removePidFile();
        return new Outcome(how.exitCode(), ready ? Optional.empty() : Optional.of(endedEarly(how, readiness.elapsed())));
    }

    private void tellReady(ServiceNotify manager) {
        if (options.detach()) {
            manager.readyAsMainProcess(pid);
        } else {
            manager.ready(pid);
        }
    }

    private static String endedEarly(WaitStatus how, Duration after) {
        String text = how instanceof WaitStatus.Signaled signaled
                ? "killed by " + Signals.name(signaled.signal())
                : "with exit code " + how.exitCode();
        return "the application ended before it was up, after " + Durations.format(after) + ", " + text;
    }

    private static void sayEndedEarly(String what, int exitCode, LifecycleOptions options, Report report) {
        boolean hadToLive = !options.settle().isZero() || options.readyCommand().isPresent();
        // A caller that thaw does not stay with would take the application's code for thaw's own.
        if (options.earlyEndFails() && hadToLive && (options.detach() || exitCode == ExitCode.OK)) {
            String because = options.readyCommand().isPresent() ? "the ready command has to succeed first for it to count as restored"
                    : "it has to live for " + Durations.format(options.settle()) + " to count as restored";
            throw Failure.of(ExitCode.CRIU, what, because, "--settle 0 where that is as it should be");
        }
        if (options.detach() || options.earlyEndFails()) {
            report.warning(what);
        }
    }

    private Failure tooLate(Readiness readiness) {
        return Failure.of(
                ExitCode.TIME_LIMIT,
                "pid " + pid + " was not up within " + Durations.format(options.readyLimit().orElseThrow()) + ", and was ended",
                readiness.reason(),
                "a longer --timeout");
    }

    private void removePidFile() {
        options.pidFile().ifPresent(file -> PidFile.remove(file, pid));
    }
}
