package dev.thaw.supervise;

import dev.thaw.report.Report;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * How {@link Supervisor} does it.
 *
 * @param signals installed before the process was started
 * @param intercept is asked before a signal is passed on; true when it took the signal. It must not wait
 * @param terminal the process's pseudo-terminal, whose size follows ours
 * @param beforeReaping runs when the process has ended and its pid is still taken
 * @param report for what goes wrong on the way
 */
public record SupervisionOptions(
        SignalForwarder signals, IntPredicate intercept, Optional<TerminalRelay> terminal, Runnable beforeReaping, Report report) {

    public static SupervisionOptions of(SignalForwarder signals, Report report) {
        return new SupervisionOptions(signals, signal -> false, Optional.empty(), () -> {}, report);
    }
}
