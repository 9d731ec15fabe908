package dev.thaw.restore;

import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.plan.World.PidHolder;
import dev.thaw.report.Durations;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Who has the pids and thread ids that an image needs. A number is taken as long as it is a process, a thread, a process group or a
 * session (kernel/pid.c), a zombie that nobody has reaped included.
 */
public final class PidHolders {
    private static final Duration STEP = Duration.ofMillis(20);

    private PidHolders() {}

    /** @param numbers pids and thread ids of an image */
    public static List<PidHolder> of(List<Integer> numbers) {
        List<PidHolder> found = new ArrayList<>();
        Set<Integer> free = new HashSet<>();
        for (int number : numbers) {
            Optional<PidHolder> holder = holder(number);
            holder.ifPresent(found::add);
            if (holder.isEmpty()) {
                free.add(number);
            }
        }
        if (!free.isEmpty()) {
            addLeaders(free, found);
        }
        return found;
    }

    /** /proc/N answers for thread ids as well, though a listing of /proc shows processes only. */
    private static Optional<PidHolder> holder(int number) {
        Optional<ProcessStat> stat = ProcessStat.read(number);
        if (stat.isEmpty()) {
            return Optional.empty();
        }
        int process = processOf(number);
        String how = stat.get().isZombie() ? "ended, not yet reaped by its parent" : process == number ? "runs" : "is a thread of " + process;
        return Optional.of(new PidHolder(number, process, stat.get().comm(), stat.get().state(), stat.get().parentPid(), how));
    }

    private static int processOf(int thread) {
        try {
            String status = KernelString.decode(FileCalls.readAll("/proc/" + thread + "/status"));
            int at = status.indexOf("\nTgid:");
            return at < 0 ? thread : Integer.parseInt(status.substring(at + 6, status.indexOf('\n', at + 6)).trim());
        } catch (LinuxException e) {
            return thread;
        }
    }

    /** A process group or session keeps the number of a leader that has ended. */
    private static void addLeaders(Set<Integer> free, List<PidHolder> found) {
        for (int pid : ProcessTable.pids()) {
            ProcessStat.read(pid).ifPresent(stat -> {
                for (int number : new int[] {stat.processGroup(), stat.session()}) {
                    if (free.remove(number)) {
                        found.add(new PidHolder(number, pid, stat.comm(), stat.state(), stat.parentPid(),
                                "is in the " + (number == stat.session() ? "session" : "process group") + " of that number"));
                    }
                }
            });
        }
    }

    /**
     * Waits until every number is free: after a dump the reaper may take a second or two.
     *
     * @throws Failure with {@link ExitCode#PLAN}, naming each holder, when that does not come true in time
     */
    public static void awaitFree(List<Integer> numbers, Duration limit) {
        Instant deadline = Instant.now().plus(limit);
        List<PidHolder> holders = of(numbers);
        while (!holders.isEmpty()) {
            if (Instant.now().isAfter(deadline)) {
                throw taken(holders, limit);
            }
            pause();
            holders = of(numbers);
        }
    }

    private static Failure taken(List<PidHolder> holders, Duration limit) {
        List<String> because = new ArrayList<>();
        for (PidHolder holder : holders.subList(0, Math.min(5, holders.size()))) {
            String since = ProcessStat.read(holder.pid()).map(stat -> ", since " + stat.started().truncatedTo(
                    java.time.temporal.ChronoUnit.SECONDS)).orElse("");
            because.add("pid " + holder.pid() + " (" + KernelString.printable(holder.command()) + ", child of " + holder.parentPid() + since
                    + ") " + holder.how());
        }
        if (holders.size() > because.size()) {
            because.add("and " + (holders.size() - because.size()) + " more");
        }
        String what = "pid " + holders.get(0).wanted() + (holders.size() > 1 ? " and " + (holders.size() - 1) + " more numbers" : "")
                + " of the image " + (holders.size() > 1 ? "are" : "is") + " taken, and did not become free in " + Durations.format(limit);
        boolean running = holders.stream().anyMatch(holder -> holder.state() != 'Z');
        return new Failure(ExitCode.PLAN, what, because, running
                ? List.of("end the process that has it, if it is a copy of the application: kill " + holders.get(0).pid(),
                        "--pid-namespace, which restores beside it")
                : List.of("wait, and restore again: the parent has to reap it", "--pid-namespace"));
    }

    private static void pause() {
        try {
            Thread.sleep(STEP.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
