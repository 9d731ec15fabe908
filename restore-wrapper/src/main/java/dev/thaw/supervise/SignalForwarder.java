package dev.thaw.supervise;

import dev.thaw.linux.BlockedSignals;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.StatusFile;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Catches the signals that are meant for the application and keeps them in their order. To be installed before the application starts, so
 * that none is lost in between.
 *
 * <p>SIGQUIT is the JVM's and real-time signals cannot be handled in Java: those have to be sent to the application itself. SIGPIPE and
 * the signals of faults and of limits are thaw's own. A signal that the caller left ignored stays ignored.
 */
public final class SignalForwarder implements AutoCloseable {
    private static final Set<Integer> FORWARDED = Set.of(
            Signals.SIGHUP, Signals.SIGINT, Signals.SIGUSR1, Signals.SIGUSR2, Signals.SIGALRM, Signals.SIGTERM, Signals.SIGSTKFLT,
            Signals.SIGCONT, Signals.SIGTSTP, Signals.SIGURG, Signals.SIGVTALRM, Signals.SIGPROF, Signals.SIGWINCH, Signals.SIGIO,
            Signals.SIGPWR);

    private static final Set<Integer> ENDING = Set.of(Signals.SIGTERM, Signals.SIGINT, Signals.SIGHUP);

    private final BlockingQueue<Integer> caught = new LinkedBlockingQueue<>();
    private final Map<Integer, Runnable> undo = new LinkedHashMap<>();
    private volatile int endAskedFor;

    private SignalForwarder() {}

    public static SignalForwarder install() {
        Set<Integer> ignored = StatusFile.read(ProcessCalls.getpid()).ignoredSignals();
        // Blocked ones are there to be waited for: whoever started thaw wants none of them lost before there are handlers.
        Set<Integer> blocked = BlockedSignals.current();
        SignalForwarder forwarder = new SignalForwarder();
        Set<Integer> awaited = new HashSet<>();
        for (int signal : FORWARDED) {
            if (!ignored.contains(signal) && blocked.contains(signal)) {
                awaited.add(signal);
            } else if (!ignored.contains(signal)) {
                forwarder.handle(signal);
            }
        }
        if (blocked.contains(Signals.SIGCHLD)) {
            awaited.add(Signals.SIGCHLD);
        }
        forwarder.await(awaited);
        JvmSignals.settleChildSignal();
        // A caller that ignores SIGCHLD would have our children reaped by the kernel, exit status and all.
        forwarder.handle(Signals.SIGCHLD);
        // The JVM's answer to it, a thread dump, would go into the application's output.
        ProcessCalls.setSignalIgnored(Signals.SIGQUIT);
        return forwarder;
    }

    /** The next signal, SIGCHLD and {@link #wake} included (both as SIGCHLD); empty when there is none for so long. */
    public Optional<Integer> next(Duration limit) {
        try {
            return Optional.ofNullable(caught.poll(limit.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /** A signal that was caught and asks for an end, if there was one, given out or not. */
    public OptionalInt endAskedFor() {
        return endAskedFor == 0 ? OptionalInt.empty() : OptionalInt.of(endAskedFor);
    }

    /** Lets {@link #next} return. */
    public void wake() {
        caught.add(Signals.SIGCHLD);
    }

    /** Forgets one signal that was caught and is not yet given out. */
    boolean discard(int signal) {
        return caught.remove(signal);
    }

    /** Stops this process as the signal would have done, had it not been caught; returns when it is continued. */
    void stopHere() {
        ProcessCalls.setSignalDefault(Signals.SIGTSTP);
        // Without a shell to continue us the kernel ignores it: the process group is orphaned.
        if (BlockedSignals.current().contains(Signals.SIGTSTP)) {
            BlockedSignals.deliver(Signals.SIGTSTP);
            pause();
        } else {
            ProcessCalls.kill(ProcessCalls.getpid(), Signals.SIGTSTP);
            pause();
            handle(Signals.SIGTSTP);
        }
    }

    @Override
    public void close() {
        undo.values().forEach(Runnable::run);
    }

    private void handle(int number) {
        undo.putIfAbsent(number, JvmSignals.handle(number, this::add));
    }

    private void await(Set<Integer> signals) {
        if (signals.isEmpty()) {
            return;
        }
        Thread thread = new Thread(() -> {
            while (true) {
                add(BlockedSignals.await(signals));
            }
        }, "blocked signals");
        // It ends with thaw: another forwarder would wait for the same ones.
        thread.setDaemon(true);
        thread.start();
    }

    private void add(int signal) {
        if (ENDING.contains(signal)) {
            endAskedFor = signal;
        }
        caught.add(signal);
    }

    /** The stop may hit another thread first, and this one goes on for a moment. */
    private static void pause() {
        Pause.millis(50);
    }
}
