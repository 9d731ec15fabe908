package dev.thaw.it;

import dev.thaw.linux.Errno;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.WaitStatus;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The processes of tests: children of the test JVM, or adopted by it, since it is a subreaper. So an application that criu restored
 * detached becomes the JVM's child, and its exit status can be seen.
 */
public final class Children {
    private static final int SELF = ProcessCalls.getpid();
    /** The end of a child of java.lang.Process belongs to a thread of the JDK, which takes it at once. */
    private static final long MINE_AFTER_NANOS = Duration.ofMillis(100).toNanos();
    /** Pids whose exit status somebody is going to ask for. */
    private static final Set<Integer> WANTED = ConcurrentHashMap.newKeySet();
    private static final Map<Integer, Long> ZOMBIE_SINCE_NANOS = new ConcurrentHashMap<>();

    static {
        ProcessCalls.setChildSubreaper(true);
    }

    private Children() {}

    /** Makes the JVM a subreaper, which it then stays. */
    static void adoptOrphans() {
        // the static initializer has done it
    }

    /** The exit status of this pid, now or when it is restored, is for {@link #awaitEnd} and not to be thrown away with orphans'. */
    static void want(int pid) {
        WANTED.add(pid);
    }

    static void forget(int pid) {
        WANTED.remove(pid);
        reap(pid);
    }

    /** Neither gone nor a zombie. */
    public static boolean isRunning(int pid) {
        return ProcessStat.read(pid).filter(stat -> stat.state() != 'Z' && stat.state() != 'X').isPresent();
    }

    /** Waits for a child of the JVM, by birth or adopted (which may happen meanwhile), and reaps it. */
    public static WaitStatus awaitEnd(int pid, Duration limit) {
        return Await.value(() -> "the end of " + describe(pid) + " as a child of the test JVM, " + SELF, limit,
                () -> isOurs(pid) ? ProcessCalls.waitPid(pid, true) : Optional.empty());
    }

    /** Waits until none of these pids is taken any more; zombies among them that are children of the JVM are reaped. */
    public static void awaitGone(Collection<Integer> pids, Duration limit) {
        Await.value(() -> "the end of " + describe(pids), limit, () -> {
            pids.forEach(Children::reap);
            reapOrphans();
            return pids.stream().noneMatch(pid -> ProcessStat.read(pid).isPresent()) ? Optional.of(true) : Optional.empty();
        });
    }

    /**
     * Waits until the kernel can give each of these pids to a new process. A pid is also taken as long as its process group or session
     * has a member, even a zombie that nobody knew of.
     */
    public static void awaitFree(Collection<Integer> pids, Duration limit) {
        Await.value(() -> "freedom for the pids " + pids + ", held by " + describe(holders(pids)), limit, () -> {
            Set<Integer> holders = holders(pids);
            holders.forEach(Children::reap);
            reapOrphans();
            return holders.isEmpty() ? Optional.of(true) : Optional.empty();
        });
    }

    private static Set<Integer> holders(Collection<Integer> pids) {
        Set<Integer> holders = new LinkedHashSet<>();
        for (int pid : ProcessTable.pids()) {
            ProcessStat.read(pid)
                    .filter(stat -> pids.contains(pid) || pids.contains(stat.processGroup()) || pids.contains(stat.session()))
                    .ifPresent(stat -> holders.add(pid));
        }
        return holders;
    }

    /** The process and all below it, as they are now. */
    public static Set<Integer> tree(int root) {
        return new LinkedHashSet<>(ProcessTable.tree(root));
    }

    /** The children of the JVM itself, zombies included. */
    static Set<Integer> direct() {
        return new LinkedHashSet<>(ProcessTable.children(SELF));
    }

    /** Kills these processes with all below them, and reaps them. They must be known to be the test's own. */
    public static void killTrees(Collection<Integer> roots) {
        Set<Integer> doomed = new LinkedHashSet<>();
        // Twice: one that forked between the look and the kill has its child in the tree or, as an orphan, with us.
        for (int round = 0; round < 2; round++) {
            roots.forEach(root -> doomed.addAll(tree(root)));
            doomed.remove(SELF);
            doomed.forEach(Children::kill);
        }
        awaitGone(doomed, Await.LIMIT);
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

    private static boolean isOurs(int pid) {
        return ProcessStat.read(pid).filter(stat -> stat.parentPid() == SELF).isPresent();
    }

    /** Reaps this process if it is a zombie and the JVM's child. */
    static void reap(int pid) {
        if (ProcessStat.read(pid).filter(stat -> stat.parentPid() == SELF && stat.isZombie()).isEmpty()) {
            return;
        }
        try {
            ProcessCalls.waitPid(pid, true);
        } catch (LinuxException e) {
            if (!e.is(Errno.ECHILD)) { // another thread was faster
                throw e;
            }
        }
    }

    /** Reaps what nobody asks for, as init would: it keeps pids from being restored. */
    static void reapOrphans() {
        long now = System.nanoTime();
        Set<Integer> zombies = direct();
        zombies.removeIf(pid -> WANTED.contains(pid) || isRunning(pid));
        ZOMBIE_SINCE_NANOS.keySet().retainAll(zombies);
        for (int pid : zombies) {
            Long since = ZOMBIE_SINCE_NANOS.putIfAbsent(pid, now);
            if (since != null && now - since > MINE_AFTER_NANOS) {
                reap(pid);
            }
        }
    }

    public static String describe(Collection<Integer> pids) {
        List<String> all = pids.stream().filter(pid -> ProcessStat.read(pid).isPresent()).map(Children::describe).toList();
        return all.isEmpty() ? "nothing" : String.join(", ", all);
    }

    /** For a message: {@code pid 4021 (python3, S, child of 17: /usr/bin/python3 -u puppet.py)}. */
    public static String describe(int pid) {
        return ProcessStat.read(pid)
                .map(stat -> "pid " + pid + " (" + stat.comm() + ", " + stat.state() + ", child of " + stat.parentPid() + ": "
                        + shortened(ProcessTable.commandLine(pid).orElse("")) + ")")
                .orElse("pid " + pid + " (gone)");
    }

    /** The class path of a java is longer than what is worth reading, which comes at both ends. */
    private static String shortened(String commandLine) {
        return commandLine.length() <= 300 ? commandLine
                : commandLine.substring(0, 100) + " ... " + commandLine.substring(commandLine.length() - 200);
    }
}
