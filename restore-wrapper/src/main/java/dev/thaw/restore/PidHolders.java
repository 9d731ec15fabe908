package dev.thaw.restore;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.report.Durations;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.supervise.Pause;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
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
    private static final long STEP_MILLIS = 20;
    private static final Duration RUNNING_LIMIT = Duration.ofSeconds(2);

    /** Who has a number that the image needs. */
    public record PidHolder(int wanted, int pid, String command, char state, int parentPid, String how) {}

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
            addHidden(free, found);
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

    /** /proc does not show what is another user's (mount option hidepid), nor a process that is just being reaped. */
    private static void addHidden(Set<Integer> free, List<PidHolder> found) {
        for (int number : free) {
            if (ProcessCalls.exists(number)) {
                found.add(new PidHolder(number, number, "not shown in /proc", '?', 0, "is there"));
            } else if (ProcessCalls.exists(-number)) {
                found.add(new PidHolder(number, number, "not shown in /proc", '?', 0, "is the number of a process group with members"));
            }
        }
    }

    /**
     * Whether no process, thread or process group answers to one of the numbers. That of a session without its leader does not: only a look at every
     * process of the machine finds those, and that takes its time; it comes when criu finds a number taken.
     */
    static boolean seemFree(List<Integer> numbers) {
        for (int number : numbers) {
            if (ProcessCalls.exists(number) || ProcessCalls.exists(-number) || FileCalls.statIfExists("/proc/" + number).isPresent()) {
                return false;
            }
        }
        return true;
    }

    /**
     * Waits until every number is free: after a dump the reaper may take a second or two. What runs is waited for only as long as a process takes
     * that is about to end, and thaw itself not at all.
     *
     * @throws Failure with {@link ExitCode#PLAN}, naming each holder, when that does not come true in time
     */
    static void awaitFree(List<Integer> numbers, Patience patience) {
        Duration limit = patience.left();
        Instant start = Instant.now();
        List<PidHolder> holders = of(numbers);
        while (!holders.isEmpty()) {
            Duration most = holders.stream().map(holder -> patience(holder, limit)).min(Duration::compareTo).orElseThrow();
            if (Instant.now().isAfter(start.plus(most))) {
                throw taken(holders, most);
            }
            patience.check();
            Pause.millis(STEP_MILLIS);
            holders = of(numbers);
        }
    }

    private static Duration patience(PidHolder holder, Duration limit) {
        if (holder.pid() == ProcessCalls.getpid()) {
            return Duration.ZERO;
        }
        boolean clearsByItself = holder.state() == 'Z' || holder.state() == 'X' || holder.state() == '?';
        return clearsByItself || limit.compareTo(RUNNING_LIMIT) < 0 ? limit : RUNNING_LIMIT;
    }

    private static Failure taken(List<PidHolder> holders, Duration waited) {
        List<String> because = new ArrayList<>();
        for (PidHolder holder : holders.subList(0, Math.min(5, holders.size()))) {
            because.add(text(holder));
        }
        if (holders.size() > because.size()) {
            because.add("and " + (holders.size() - because.size()) + " more");
        }
        String what = "pid " + holders.get(0).wanted() + (holders.size() > 1 ? " and " + (holders.size() - 1) + (holders.size() == 2 ? " more number" : " more numbers") : "")
                + " of the image " + (holders.size() > 1 ? "are" : "is") + " taken"
                + (waited.isZero() ? "" : ", and did not become free in " + Durations.format(waited));
        return new Failure(ExitCode.PLAN, what, because, List.of(remedy(holders), "--pid-namespace, which restores beside it"));
    }

    private static String text(PidHolder holder) {
        String since = ProcessStat.read(holder.pid()).map(stat -> ", since " + stat.started().truncatedTo(ChronoUnit.SECONDS)).orElse("");
        String parent = holder.parentPid() > 0 ? ", child of " + holder.parentPid() : "";
        String own = holder.pid() == ProcessCalls.getpid() ? "; it is thaw itself" : "";
        return "pid " + holder.pid() + " (" + KernelString.printable(holder.command()) + parent + since + ") " + holder.how() + own;
    }

    private static String remedy(List<PidHolder> holders) {
        Optional<PidHolder> running = holders.stream().filter(holder -> holder.state() != 'Z').findFirst();
        if (holders.stream().anyMatch(holder -> holder.pid() == ProcessCalls.getpid())) {
            return "again: another thaw has other pids";
        }
        return running.isPresent() ? "end the process that has it, if it is a copy of the application: kill " + running.get().pid()
                : "wait, and restore again: the parent has to reap it";
    }
}
