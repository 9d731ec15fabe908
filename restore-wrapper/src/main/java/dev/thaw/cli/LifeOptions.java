package dev.thaw.cli;

import dev.thaw.report.Durations;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.supervise.LifecycleOptions;
import dev.thaw.supervise.SignalTaker;
import dev.thaw.supervise.StatusStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options of the commands after which an application runs: run and restore. */
public final class LifeOptions {
    @Option(names = "--detach", description = "Leave when the application is up; without it, wait for its end and exit as it did.")
    private boolean detach;

    @Option(names = "--pid-file", paramLabel = "FILE", description = "Write the application's pid to FILE.")
    private String pidFile;

    @Option(names = "--status-fd", paramLabel = "N", description = "Write events as JSON lines to descriptor N.")
    private Integer statusFd;

    @Option(names = "--timeout", paramLabel = "DURATION", description = "How long it may take until the application is up (5s, 1m30s).")
    private Duration timeout;

    @Option(
            names = "--settle",
            paramLabel = "DURATION",
            defaultValue = "250ms",
            description = "How long it has to live to count as up (default: ${DEFAULT-VALUE}).")
    private Duration settle = Duration.ofMillis(250);

    @Option(
            names = "--ready-command",
            paramLabel = "CMD",
            description = "Asked with sh -c, again and again, until it exits with 0: then the application is up. Its pid is in $THAW_PID.")
    private String readyCommand;

    @Option(names = "--notify", description = "Tell the service manager when the application is up, for one that doesn't by itself; "
            + "it then does not get $$NOTIFY_SOCKET. A restore always tells.")
    private boolean notify;

    @Option(
            names = "--on-parent-death",
            paramLabel = "keep|end",
            defaultValue = "KEEP",
            description = "What becomes of the application when thaw is killed (default: keep).")
    private OnParentDeath onParentDeath = OnParentDeath.KEEP;

    /** See {@code --on-parent-death}. */
    enum OnParentDeath {
        KEEP,
        END
    }

    boolean take(String flag) {
        switch (flag) {
            case "--detach" -> detach = true;
            case "--notify" -> notify = true;
            default -> {
                return false;
            }
        }
        return true;
    }

    /**
     * As picocli would set it; see {@link PlainRestore}.
     *
     * @throws IllegalArgumentException when the value is none for it
     */
    boolean take(String option, String value) {
        switch (option) {
            case "--pid-file" -> pidFile = value;
            case "--status-fd" -> statusFd = Integer.valueOf(value);
            case "--timeout" -> timeout = Durations.parse(value);
            case "--settle" -> settle = Durations.parse(value);
            case "--ready-command" -> readyCommand = value;
            default -> {
                return false;
            }
        }
        return true;
    }

    /** Whether thaw speaks to the service manager in the application's place. */
    public boolean notifies() {
        return notify;
    }

    public boolean detach() {
        return detach;
    }

    public Optional<Duration> timeout() {
        return Optional.ofNullable(timeout);
    }

    /** @param intercept see {@link LifecycleOptions} */
    public LifecycleOptions lifecycle(SignalTaker intercept) {
        boolean end = onParentDeath == OnParentDeath.END;
        if (end && detach) {
            String because = "with --detach thaw leaves, and that would end the application";
            throw new Failure(ExitCode.USAGE, "--on-parent-death end does not go with --detach", List.of(because), List.of("one of them"));
        }
        return new LifecycleOptions(
                detach, Optional.ofNullable(pidFile), timeout(), settle, Optional.ofNullable(readyCommand), end, false, false,
                Optional.empty(), intercept);
    }

    /** The stream of {@code --status-fd}; one call only. */
    public StatusStream status() {
        return statusFd == null ? StatusStream.none() : StatusStream.to(statusFd);
    }

    /** Whether an option was given that needs thaw to stay beside the application. */
    public boolean needsThawBeside() {
        return detach || readyCommand != null || timeout != null || onParentDeath == OnParentDeath.END;
    }
}
