package dev.thaw.checkpoint;

import dev.thaw.checkpoint.TreeScan.Intruder;
import dev.thaw.linux.Errno;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.ProcessStat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Ends processes that a user does not want to keep: asks them, then kills them. */
final class IntruderEnd {
    private static final Duration GRACE = Duration.ofSeconds(2);
    private static final Duration LIMIT_AFTER_KILL = Duration.ofSeconds(2);
    private static final Duration PAUSE = Duration.ofMillis(20);

    private IntruderEnd() {}

    /** @return those that run still */
    static List<Intruder> end(List<Intruder> intruders) throws InterruptedException {
        List<Intruder> left = signal(intruders, Signals.SIGTERM, GRACE);
        return left.isEmpty() ? left : signal(left, Signals.SIGKILL, LIMIT_AFTER_KILL);
    }

    /**
     * Waits for their parents to reap them: only then are their pids free, and not in an image as zombies.
     *
     * @return those that nobody has reaped
     */
    static List<Intruder> awaitReaped(List<Intruder> ended) throws InterruptedException {
        Deadline deadline = Deadline.in(GRACE);
        List<Intruder> left = new ArrayList<>(ended);
        left.removeIf(IntruderEnd::isGone);
        while (!left.isEmpty() && !deadline.passed()) {
            deadline.pause(PAUSE);
            left.removeIf(IntruderEnd::isGone);
        }
        return left;
    }

    private static boolean isGone(Intruder intruder) {
        return ProcessStat.read(intruder.pid()).filter(stat -> stat.startTicks() == intruder.startTicks()).isEmpty();
    }

    private static List<Intruder> signal(List<Intruder> intruders, int signal, Duration limit) throws InterruptedException {
        intruders.forEach(intruder -> signal(intruder, signal));
        Deadline deadline = Deadline.in(limit);
        List<Intruder> left = running(intruders);
        while (!left.isEmpty() && !deadline.passed()) {
            deadline.pause(PAUSE);
            left = running(left);
        }
        return left;
    }

    private static void signal(Intruder intruder, int signal) {
        try (OwnedFd process = ProcessCalls.pidfdOpen(intruder.pid())) {
            // Looked at when the descriptor is there: the pid cannot become another process's any more.
            if (isRunning(intruder)) {
                ProcessCalls.pidfdSendSignal(process.number(), signal);
            }
        } catch (LinuxException e) {
            if (!e.is(Errno.ESRCH)) {
                throw e;
            }
        }
    }

    private static List<Intruder> running(List<Intruder> intruders) {
        List<Intruder> running = new ArrayList<>(intruders);
        running.removeIf(intruder -> !isRunning(intruder));
        return running;
    }

    private static boolean isRunning(Intruder intruder) {
        return ProcessStat.read(intruder.pid())
                .filter(stat -> !stat.isZombie() && stat.startTicks() == intruder.startTicks())
                .isPresent();
    }
}
