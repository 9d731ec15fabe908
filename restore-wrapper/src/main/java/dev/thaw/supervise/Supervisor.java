package dev.thaw.supervise;

import dev.thaw.linux.Errno;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.MemoryCalls;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.WaitStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Waits for one child as its caller would have done: passes each signal on once, reaps orphans, and returns how the child ended. */
public final class Supervisor {
    private static final Duration IDLE = Duration.ofSeconds(10);
    private static final Duration RETRY = Duration.ofMillis(100);

    /** Then nothing is going on any more, but the application. */
    private static final Duration SOON = Duration.ofSeconds(1);

    private final int pid;
    private final SupervisionOptions options;
    private final OwnTerminal terminal = OwnTerminal.now();
    private boolean quiet;

    public Supervisor(SupervisedProcess process, SupervisionOptions options) {
        this.pid = process.pid();
        this.options = options;
    }

    /** Until the process has ended. */
    public static WaitStatus supervise(SupervisedProcess process, SupervisionOptions options) {
        return new Supervisor(process, options).superviseUntil(() -> false).orElseThrow();
    }

    /**
     * @param done is asked after each signal; use {@link SignalForwarder#wake} when its answer changes
     * @return how the process ended; empty when it was done before
     */
    public Optional<WaitStatus> superviseUntil(BooleanSupplier done) {
        while (true) {
            if (ProcessCalls.peekExit(pid).isPresent()) {
                options.beforeReaping().run();
                Optional<WaitStatus> status = ProcessCalls.waitPid(pid, true);
                terminal.takeBack();
                return status;
            }
            if (done.getAsBoolean()) {
                return Optional.empty();
            }
            boolean reaped = OrphanReaper.reap(pid);
            Optional<Integer> signal = options.signals().next(!reaped ? RETRY : quiet ? IDLE : SOON);
            signal.ifPresent(this::handle);
            if (reaped && !quiet && signal.isEmpty()) {
                quiet = true;
                MemoryCalls.dropCleanFilePages();
            }
        }
    }

    private void handle(int signal) {
        if (signal == Signals.SIGCHLD || options.intercept().test(signal)) {
            return;
        }
        if (signal == Signals.SIGWINCH && options.terminal().isPresent()) {
            options.terminal().get().resize();
            return;
        }
        OwnTerminal.Delivery delivery = terminal.deliveryOf(signal, pid);
        if (signal == Signals.SIGTSTP && delivery != OwnTerminal.Delivery.PROCESS) {
            suspend(delivery);
        } else if (delivery != OwnTerminal.Delivery.HAS_IT) {
            send(delivery, signal);
        }
    }

    /** ^Z: the process and thaw stop together, and go on together when the shell says so. */
    private void suspend(OwnTerminal.Delivery delivery) {
        if (delivery == OwnTerminal.Delivery.GROUP) {
            // Its group has no shell of its own, so the kernel would ignore SIGTSTP.
            send(delivery, Signals.SIGSTOP);
        }
        options.signals().stopHere();
        if (delivery == OwnTerminal.Delivery.GROUP) {
            options.signals().discard(Signals.SIGCONT);
            send(delivery, Signals.SIGCONT);
        }
    }

    private void send(OwnTerminal.Delivery delivery, int signal) {
        try {
            // The pid cannot be another's: it is our child, and not reaped.
            ProcessCalls.kill(delivery == OwnTerminal.Delivery.GROUP ? -pid : pid, signal);
            options.report().trace(Signals.name(signal) + " passed on to pid " + pid);
        } catch (LinuxException e) {
            if (!e.is(Errno.ESRCH)) {
                options.report().warning(Signals.name(signal) + " could not be passed on: " + e.getMessage());
            }
        }
    }
}
