package dev.thaw.supervise;

import java.time.Duration;
import java.util.Optional;

/**
 * The options that a start and a restore share.
 *
 * @param detach whether thaw leaves once the application is up
 * @param pidFile where to write the pid
 * @param timeout how long it may take to be up
 * @param settle how long it has to live to count as up
 * @param readyCommand has to succeed for it to count as up
 * @param endWithParent whether the application is ended when thaw dies
 * @param earlyEndFails whether an end before it was up is a failure even with exit code 0, as after a restore
 * @param mayBeTriedAgain whether thaw keeps its streams until the application is up, as it may have to give them to another one
 * @param manager the service manager to be told
 * @param intercept is asked about each signal once the application is up
 */
public record LifecycleOptions(
        boolean detach,
        Optional<String> pidFile,
        Optional<Duration> timeout,
        Duration settle,
        Optional<String> readyCommand,
        boolean endWithParent,
        boolean earlyEndFails,
        boolean mayBeTriedAgain,
        Optional<ServiceNotify> manager,
        SignalTaker intercept) {
    private static final Duration READY_LIMIT = Duration.ofMinutes(1);

    /** For an application that was restored. */
    public LifecycleOptions afterRestore() {
        return new LifecycleOptions(
                detach, pidFile, timeout, settle, readyCommand, endWithParent, true, mayBeTriedAgain, manager, intercept);
    }

    /** For an application that another one is started for when it does not come up. */
    public LifecycleOptions withAnotherTry() {
        return new LifecycleOptions(detach, pidFile, timeout, settle, readyCommand, endWithParent, earlyEndFails, true, manager, intercept);
    }

    /** The same, telling the service manager. */
    public LifecycleOptions notifying(Optional<ServiceNotify> other) {
        return new LifecycleOptions(
                detach, pidFile, timeout, settle, readyCommand, endWithParent, earlyEndFails, mayBeTriedAgain, other, intercept);
    }

    /** As long as the timeout; a ready command is not asked for ever. */
    Optional<Duration> readyLimit() {
        return timeout.or(() -> readyCommand.map(command -> READY_LIMIT.plus(settle)));
    }
}
