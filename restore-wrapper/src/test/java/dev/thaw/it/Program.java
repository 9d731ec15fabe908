package dev.thaw.it;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.WaitStatus;
import dev.thaw.linux.proc.ProcessTable;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A program that is to be dumped: a sample, a JVM, a server. It is known by a mark in its environment, which its children have as well, and
 * which a dump and a restore keep; so it is found again whatever its pid and its parent are by then.
 */
public final class Program implements AutoCloseable {
    private static final String MARK = "THAW_IT_MARK";
    private static final AtomicInteger NEXT = new AtomicInteger();

    private final int pid;
    private final String mark;

    private Program(int pid, String mark) {
        this.pid = pid;
        this.mark = mark;
        Children.want(pid);
    }

    /** What a program is started with; nothing is open unless it is named. */
    public static Builder with() {
        return new Builder();
    }

    /** See {@link Start}. */
    public static final class Builder extends Start<Builder> {
        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /** @param argv the program's path, or its name in PATH, and its arguments */
        public Program start(List<String> argv) {
            return launch(this, argv);
        }

        public Program start(String... argv) {
            return start(List.of(argv));
        }
    }

    static Program launch(Start<?> start, List<String> argv) {
        String mark = ProcessCalls.getpid() + "-" + System.nanoTime() + "-" + NEXT.incrementAndGet();
        start.environment(MARK, mark);
        return new Program(start.spawn(argv).pid(), mark);
    }

    /** The pid, before the dump and after the restore. */
    public int pid() {
        return pid;
    }

    public List<FdEntry> fdTable() {
        return FdEntry.table(pid);
    }

    public FdEntry fd(int number) {
        return FdEntry.of(pid, number);
    }

    /** Waits for its end and reaps it. It must be the test JVM's child, by birth, or adopted after criu restored it without thaw. */
    public WaitStatus awaitEnd() {
        return Children.awaitEnd(pid, Await.LIMIT);
    }

    /** Waits until none of its processes is there any more, and its pid can be given to others, so also be restored. */
    public void awaitGone() {
        Await.until("the end of " + Children.describe(processes()), () -> processes().isEmpty());
        Children.awaitFree(Set.of(pid), Await.LIMIT);
    }

    /** Its processes, and all that came of them. Not the zombies: those have no environment any more. */
    public Set<Integer> processes() {
        Set<Integer> marked = new TreeSet<>();
        for (int candidate : ProcessTable.pids()) {
            if (environment(candidate).contains(MARK + "=" + mark + "\0")) {
                marked.add(candidate);
            }
        }
        return marked;
    }

    private static String environment(int pid) {
        try {
            return KernelString.decode(FileCalls.readAll("/proc/" + pid + "/environ"));
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT) || e.is(Errno.ESRCH) || e.is(Errno.EACCES)) { // gone, or not ours to look at
                return "";
            }
            throw e;
        }
    }

    /** Kills all that came of it, wherever it hangs in the process tree now. */
    @Override
    public void close() {
        // More than once: a process may fork while it is being looked for.
        Await.until("the end of all that came of " + Children.describe(pid), () -> {
            Children.killTrees(processes());
            return processes().isEmpty();
        });
        Children.forget(pid);
    }
}
