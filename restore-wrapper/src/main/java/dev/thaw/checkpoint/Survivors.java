package dev.thaw.checkpoint;

import dev.thaw.linux.Errno;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.StatusFile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Looks after a tree once criu has let it go. */
final class Survivors {
    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofMillis(20);

    private final TreeScan before;

    Survivors(TreeScan before) {
        this.before = before;
    }

    /**
     * After a dump that left the tree alive: waits until every process runs as it did, and continues those that stand still.
     *
     * @return a sentence for each that does not run as before; empty when all do
     */
    List<String> awaitRunning() throws InterruptedException {
        Deadline deadline = Deadline.in(LIMIT);
        List<String> wrong = wrong();
        while (!wrong.isEmpty() && !deadline.passed()) {
            before.processes().forEach(this::continueIfStopped);
            deadline.pause(PAUSE);
            wrong = wrong();
        }
        return wrong;
    }

    /**
     * After a dump that ended the tree: waits until no process of it runs. Zombies may be left, for their parents to reap.
     *
     * @return the processes that run still
     */
    List<String> awaitEnd(Duration limit) throws InterruptedException {
        Deadline deadline = Deadline.in(limit);
        List<String> running = running();
        while (!running.isEmpty() && !deadline.passed()) {
            deadline.pause(PAUSE);
            running = running();
        }
        return running;
    }

    private List<String> wrong() {
        List<String> wrong = new ArrayList<>();
        for (ScannedProcess process : before.processes()) {
            Optional<ProcessStat> now = now(process);
            if (process.isZombie()) {
                continue;
            }
            if (now.isEmpty() || now.get().isZombie()) {
                wrong.add(process.text() + " has ended");
            } else if (isStopped(now.get()) && !process.isStopped()) {
                wrong.add(process.text() + " stands still (state " + now.get().state() + ")");
            } else if (tracer(process) != 0 && process.tracerPid() == 0) {
                wrong.add(process.text() + " is traced by pid " + tracer(process));
            }
        }
        return wrong;
    }

    private List<String> running() {
        return before.processes().stream()
                .filter(process -> now(process).filter(stat -> !stat.isZombie()).isPresent())
                .map(ScannedProcess::text)
                .toList();
    }

    private void continueIfStopped(ScannedProcess process) {
        if (!process.isStopped() && now(process).filter(stat -> stat.state() == 'T').isPresent()) {
            try {
                ProcessCalls.kill(process.pid(), Signals.SIGCONT);
            } catch (LinuxException e) {
                if (!e.is(Errno.ESRCH)) {
                    throw e;
                }
            }
        }
    }

    private static boolean isStopped(ProcessStat stat) {
        return stat.state() == 'T' || stat.state() == 't';
    }

    /** Never another process that got the pid since. */
    private static Optional<ProcessStat> now(ScannedProcess process) {
        return ProcessStat.read(process.pid()).filter(stat -> stat.startTicks() == process.startTicks());
    }

    private static int tracer(ScannedProcess process) {
        return TreeScanner.unlessGone(() -> Integer.parseInt(StatusFile.read(process.pid()).field("TracerPid"))).orElse(0);
    }
}
