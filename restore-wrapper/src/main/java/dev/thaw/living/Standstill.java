package dev.thaw.living;

import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.report.Durations;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.supervise.DeathWatch;
import dev.thaw.supervise.Pause;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A tree that does not move, by SIGSTOP: without the freezer of cgroups, which needs rights. Its parents can see that it was stopped, which matters
 * little to one that is going to be ended; closed, it runs on, and so it does when thaw is killed.
 */
public final class Standstill implements AutoCloseable {
    private static final long STEP_MILLIS = 10;

    /** Lets it run on when thaw is killed. Lines on the input: a pid that is going to be stopped. */
    private static final String WATCH = """
            while read -r word; do
                [ "$word" = done ] && exit 0
                pids="$pids $word"
            done
            kill -CONT $pids
            """;

    private final Set<Integer> stopped = new LinkedHashSet<>();
    private final Set<Integer> stoppedBefore = new HashSet<>();
    private final DeathWatch watch = DeathWatch.start("thaw-standstill-watch", WATCH, List.of());
    private boolean ended;

    private Standstill() {}

    /** @throws Failure when it does not stand still within {@code limit}, or may not be stopped; it runs on then */
    public static Standstill of(int root, Duration limit) {
        Standstill still = new Standstill();
        try {
            still.stop(root, System.nanoTime() + limit.toNanos(), limit);
            return still;
        } catch (LinuxException e) {
            still.close();
            throw new Failure(ExitCode.FAILURE, "the tree of pid " + root + " cannot be stopped", List.of(e.getMessage()),
                    List.of("as the user whose processes they are, or as root"), e);
        } catch (RuntimeException e) {
            still.close();
            throw e;
        }
    }

    /** Parents first. It is done when a look at the tree finds nobody new, and all had stood still before that look. */
    private void stop(int root, long deadline, Duration limit) {
        boolean done = false;
        while (!done) {
            List<Integer> moving = stopped.stream().filter(pid -> !standsStill(pid)).toList();
            List<Integer> tree = ProcessTable.tree(root);
            List<Integer> found = tree.stream().filter(pid -> !stopped.contains(pid) && !stoppedBefore.contains(pid)).toList();
            found.forEach(this::stop);
            done = moving.isEmpty() && found.isEmpty();
            if (!done && System.nanoTime() > deadline) {
                int pid = moving.isEmpty() ? found.get(0) : moving.get(0);
                throw Failure.of(ExitCode.TIME_LIMIT, "pid " + pid + " does not stand still", "SIGSTOP was sent, and has not taken effect within "
                        + Durations.format(limit), "cat /proc/" + pid + "/stack as root, for what it waits for");
            }
            moving.forEach(pid -> letGo(pid, tree));
            Pause.millis(moving.isEmpty() ? 0 : STEP_MILLIS);
        }
    }

    /** After vfork(2) a parent stands still only when its child has begun another program; so that runs until then, and is stopped anew. */
    private void letGo(int parent, List<Integer> tree) {
        for (int child : tree) {
            if (stopped.contains(child) && ProcessStat.read(child).filter(stat -> stat.parentPid() == parent).isPresent() && isMemoryShared(parent, child)) {
                stopped.remove(child);
                signal(child, Signals.SIGCONT);
            }
        }
    }

    private static boolean isMemoryShared(int parent, int child) {
        try {
            return ProcessCalls.isShared(parent, child, ProcessCalls.Shared.MEMORY);
        } catch (LinuxException goneOrNotAllowed) {
            return true;
        }
    }

    private void stop(int pid) {
        if (standsStill(pid)) {
            stoppedBefore.add(pid);
            return;
        }
        stopped.add(pid);
        watch.tell(Integer.toString(pid));
        ProcessCalls.kill(pid, Signals.SIGSTOP);
    }

    private static boolean standsStill(int pid) {
        return ProcessTable.threads(pid).stream().map(ProcessStat::read).allMatch(stat -> stat.map(one -> one.isZombie() || one.state() == 'T').orElse(true));
    }

    /** Processes that had been stopped by somebody else, and zombies. */
    public Set<Integer> stoppedBefore() {
        return Set.copyOf(stoppedBefore);
    }

    /** Ends all of it, as the end of a dump does. */
    public void end() {
        ended = true;
        stopped.forEach(pid -> signal(pid, Signals.SIGKILL));
        stoppedBefore.forEach(pid -> signal(pid, Signals.SIGKILL));
    }

    @Override
    public void close() {
        if (!ended) {
            stopped.forEach(pid -> signal(pid, Signals.SIGCONT));
        }
        watch.close();
    }

    /** It cannot have become another process: it stood still, and is a zombie at the most. */
    private static void signal(int pid, int signal) {
        try {
            ProcessCalls.kill(pid, signal);
        } catch (LinuxException gone) {
            return;
        }
    }
}
