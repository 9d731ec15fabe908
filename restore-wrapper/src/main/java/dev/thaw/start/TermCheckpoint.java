package dev.thaw.start;

import dev.thaw.checkpoint.Checkpoint;
import dev.thaw.linux.Errno;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.supervise.OrphanReaper;
import dev.thaw.supervise.SignalTaker;
import dev.thaw.supervise.StatusStream;
import java.time.Duration;
import java.util.function.IntFunction;

/**
 * {@code --on-term checkpoint}: SIGTERM, the word of a service manager that wants the application gone, writes a checkpoint of it. When that
 * fails, or takes too long, or a second SIGTERM comes, the application gets the signal.
 */
public final class TermCheckpoint implements SignalTaker {
    private static final Duration AFTER_ALL = Duration.ofSeconds(30);

    private final IntFunction<Writing> writings;
    private final StatusStream status;
    private final Report report;
    private State state = State.IDLE;
    private Writing writing;
    private Thread thread;
    private Duration limit = Duration.ZERO;

    private enum State { IDLE, WRITING, WRITTEN, FAILED }

    /** A checkpoint under way. */
    public interface Writing {
        /** @throws Failure when there is none, and the application runs on */
        Checkpoint run() throws InterruptedException;

        /** Gives it up from another thread, unless it is too late for that. */
        void giveUp();

        /** How long it may take. */
        Duration limit();
    }

    /** @param writings makes one for the application's pid */
    public TermCheckpoint(IntFunction<Writing> writings, StatusStream status, Report report) {
        this.writings = writings;
        this.status = status;
        this.report = report;
    }

    @Override
    public synchronized boolean takes(int signal, int pid) {
        if (signal != Signals.SIGTERM) {
            return false;
        }
        switch (state) {
            case IDLE:
                begin(pid);
                return true;
            case WRITING:
                // Its failure passes the signal on: a frozen application must not find it in its image.
                writing.giveUp();
                return true;
            case WRITTEN:
                return true;
            default:
                return false;
        }
    }

    /**
     * To be called when the application has ended.
     *
     * @return whether it ended for a checkpoint that is now there
     */
    public boolean wrote() {
        Thread running;
        synchronized (this) {
            running = thread;
        }
        if (running == null) {
            return false;
        }
        try {
            running.join(limit.plus(AFTER_ALL).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        // The dump has ended all of the tree, and the next restore needs its pids.
        OrphanReaper.reapRest();
        synchronized (this) {
            return state == State.WRITTEN;
        }
    }

    private void begin(int pid) {
        OwnedFd application = ProcessCalls.pidfdOpen(pid);
        try {
            writing = writings.apply(pid);
        } catch (Failure failure) { // there is no criu that works
            report.warning("no checkpoint was written: " + failure.what(), failure.because(), failure.tries());
            try (application) {
                passOn(application);
            }
            return;
        }
        limit = writing.limit();
        state = State.WRITING;
        thread = new Thread(() -> write(pid, application), "checkpoint on SIGTERM");
        thread.start();
    }

    private void write(int pid, OwnedFd application) {
        try (application) {
            try {
                Checkpoint made = writing.run();
                become(State.WRITTEN);
                report.detail("checkpoint " + made.generation().directory());
                status.event("checkpointed", "pid", pid, "generation", made.generation().number(), "directory", made.generation().directory(),
                        "millis", made.elapsed().toMillis());
            } catch (Failure failure) {
                report.warning("no checkpoint was written: " + failure.what(), failure.because(), failure.tries());
                passOn(application);
            } catch (RuntimeException fault) {
                report.warning("no checkpoint was written: " + fault);
                passOn(application);
            } catch (InterruptedException e) {
                passOn(application);
            }
        }
    }

    private synchronized void become(State next) {
        state = next;
    }

    private void passOn(OwnedFd application) {
        become(State.FAILED);
        try {
            ProcessCalls.pidfdSendSignal(application.number(), Signals.SIGTERM);
            report.detail("SIGTERM passed on");
        } catch (LinuxException e) {
            if (!e.is(Errno.ESRCH)) {
                report.warning("SIGTERM could not be passed on: " + e.getMessage());
            }
        }
    }
}
