package dev.thaw.supervise;

import dev.thaw.linux.Errno;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.WaitStatus;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Ends a process and everything that came from it, and reaps what is ours to reap. */
public final class ProcessTreeEnd {
    private static final long PAUSE_MILLIS = 20;
    private static final int ROUNDS = 250;

    private ProcessTreeEnd() {}

    /**
     * Asks by SIGTERM, waits, and kills what is left, in a few seconds more at most.
     *
     * @param root a child of ours
     * @param grace how long the root has after SIGTERM
     */
    public static Optional<WaitStatus> end(int root, Duration grace) {
        // pid → start, as a pid may be another's by the time it is killed.
        Map<Integer, Long> members = new HashMap<>();
        Optional<WaitStatus> status = ProcessCalls.peekExit(root);
        if (status.isEmpty() && !grace.isZero()) {
            collect(root, members);
            kill(root, Signals.SIGTERM);
            // A stopped process takes no signal but the last one.
            kill(root, Signals.SIGCONT);
            Settle.endedWithin(root, grace);
        }
        for (int round = 0; round < ROUNDS; round++) {
            collect(root, members);
            members.entrySet().removeIf(member -> !isAlive(member.getKey(), member.getValue()));
            if (members.isEmpty()) {
                break;
            }
            members.keySet().forEach(pid -> kill(pid, Signals.SIGKILL));
            Pause.millis(PAUSE_MILLIS);
        }
        status = ProcessCalls.waitPid(root, true);
        OrphanReaper.reap(root);
        return status;
    }

    /** The tree, what it left to us when parents ended (children of ours that are younger than it), and its session where it leads one. */
    private static void collect(int root, Map<Integer, Long> members) {
        long rootStart = startTicks(root);
        for (int child : ProcessTable.children(ProcessCalls.getpid())) {
            if (startTicks(child) >= rootStart) {
                ProcessTable.tree(child).forEach(pid -> add(pid, members));
            }
        }
        for (int pid : ProcessTable.pids()) {
            ProcessStat.read(pid).filter(stat -> stat.session() == root).ifPresent(stat -> members.put(pid, stat.startTicks()));
        }
    }

    private static long startTicks(int pid) {
        return ProcessStat.read(pid).map(ProcessStat::startTicks).orElse(Long.MAX_VALUE);
    }

    private static void add(int pid, Map<Integer, Long> members) {
        ProcessStat.read(pid).ifPresent(stat -> members.put(pid, stat.startTicks()));
    }

    private static boolean isAlive(int pid, long startTicks) {
        return ProcessStat.read(pid).filter(stat -> !stat.isZombie() && stat.startTicks() == startTicks).isPresent();
    }

    private static void kill(int pid, int signal) {
        try {
            ProcessCalls.kill(pid, signal);
        } catch (LinuxException e) {
            if (!e.is(Errno.ESRCH)) {
                throw e;
            }
        }
    }
}
