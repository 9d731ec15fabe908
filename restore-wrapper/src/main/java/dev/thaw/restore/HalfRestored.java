package dev.thaw.restore;

import dev.thaw.linux.Errno;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Ends what a failed restore left: the tasks that criu had made, and criu itself. Their pids are free afterwards. */
final class HalfRestored {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private HalfRestored() {}

    /**
     * Kills and reaps. Only descendants of ours are touched: with {@code --restore-sibling} the root is our child, and as a subreaper we
     * become the parent of what loses its own.
     *
     * @param known pids that existed below us before criu was started; they are left alone
     */
    static void end(Set<Integer> known) {
        Instant deadline = Instant.now().plus(LIMIT);
        Set<Integer> targets = descendants(known);
        while (!targets.isEmpty() && Instant.now().isBefore(deadline)) {
            for (int pid : targets) {
                kill(pid);
            }
            for (int pid : targets) {
                reap(pid);
            }
            targets = descendants(known);
        }
    }

    /** Everything below this process. */
    static Set<Integer> descendants() {
        return descendants(Set.of());
    }

    private static Set<Integer> descendants(Set<Integer> without) {
        if (!ProcessCalls.hasChildren()) {
            return new LinkedHashSet<>(); // one call, and not a look at each process of the machine
        }
        List<Integer> tree = ProcessTable.tree(ProcessCalls.getpid());
        Set<Integer> found = new LinkedHashSet<>(tree.subList(Math.min(1, tree.size()), tree.size()));
        found.removeAll(without);
        return found;
    }

    private static void kill(int pid) {
        try {
            ProcessCalls.kill(pid, Signals.SIGKILL);
        } catch (LinuxException e) {
            if (!e.is(Errno.ESRCH)) {
                throw e;
            }
        }
    }

    private static void reap(int pid) {
        try {
            if (ProcessStat.read(pid).filter(stat -> stat.parentPid() == ProcessCalls.getpid()).isPresent()) {
                ProcessCalls.waitPid(pid, Duration.ofMillis(200));
            }
        } catch (LinuxException e) {
            if (!e.is(Errno.ECHILD) && !e.is(Errno.ESRCH)) {
                throw e;
            }
        }
    }
}
