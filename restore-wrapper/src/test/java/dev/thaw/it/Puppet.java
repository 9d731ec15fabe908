package dev.thaw.it;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.WaitStatus;
import dev.thaw.linux.proc.ProcessStat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The Java end of samples/puppet: a process with exactly the descriptors that the test wants, which runs Python code for the test. A
 * restored puppet answers through the same object, as it has the same pid and looks into the same control directory.
 */
public final class Puppet implements AutoCloseable {
    /** An exit code that thaw has no meaning for. */
    public static final int CODE = 42;

    private static final AtomicInteger NEXT = new AtomicInteger();

    private final String control;
    private final int pid;
    private final Program program;
    private final List<Puppet> children = new ArrayList<>();
    private int requests;

    /** @param program that it is, or that it was forked from */
    private Puppet(String control, int pid, Program program) {
        this.control = control;
        this.pid = pid;
        this.program = program;
    }

    /** A puppet in a session of its own, with /dev/null for its three streams and no other descriptor. */
    public static Puppet start(Scratch scratch) {
        return in(scratch).nullStreams().start();
    }

    /** @param descriptors number in the puppet → ours; exactly these, so a stream that is not among them is closed */
    public static Puppet start(Scratch scratch, Map<Integer, Integer> descriptors) {
        return in(scratch).descriptors(descriptors).start();
    }

    /** The puppet's control directory is made in there. */
    public static Builder in(Scratch scratch) {
        return new Builder(scratch);
    }

    /** What the puppet is started with; nothing is open unless it is named. See {@link Start}. */
    public static final class Builder extends Start<Builder> {
        private final String control;

        private Builder(Scratch scratch) {
            control = scratch.directory("puppet-" + NEXT.incrementAndGet());
        }

        @Override
        Builder self() {
            return this;
        }

        public Puppet start() {
            // -I -S: no site packages, which differ between machines; -B: no byte code is written into the samples; -u: no buffers.
            Program program = Program.launch(this, List.of(Checkout.python(), "-I", "-S", "-B", "-u", Checkout.sample("puppet/puppet.py"),
                    control, "--keep", "all"));
            Puppet puppet = new Puppet(control, program.pid(), program);
            try {
                puppet.eval("os.getpid()");
            } catch (AssertionError | RuntimeException e) {
                puppet.close();
                throw e;
            }
            return puppet;
        }
    }

    /** The pid, before the dump and after the restore. */
    public int pid() {
        return pid;
    }

    /**
     * Runs Python code in the puppet, within {@link Await#LIMIT}.
     *
     * @return the value of the last expression: text as it is, anything else as {@code repr} writes it
     * @throws AssertionError with Python's traceback when the code raised something; when there is no answer; at once when it has ended, so
     *     wait for a restore with {@link ThawProcess#awaitRestored} first
     */
    public String eval(String python) {
        return eval(python, Await.LIMIT);
    }

    /** It ends with {@link #CODE}, and so does the thaw that attends to it. */
    public ThawProcess.Result leave(ThawProcess thaw) {
        try {
            eval("leave(" + CODE + ")");
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "\nthaw so far:\n" + thaw.err(), e);
        }
        return thaw.awaitEnd().expect(CODE);
    }

    public synchronized String eval(String python, Duration limit) {
        begin(python);
        String answer = control + "/answer-" + requests;
        Await.value(() -> "an answer of puppet " + Children.describe(pid) + " to: " + python, limit, () -> {
            boolean alive = isRunning(); // looked at before the answer: it may answer and end at once
            if (FileCalls.statIfExists(answer).isPresent()) {
                return Optional.of(answer);
            }
            if (!alive) {
                throw new AssertionError("the puppet has ended, " + Children.describe(pid) + ", and cannot answer: " + python);
            }
            return Optional.empty();
        });
        String text = KernelString.decode(FileCalls.readAll(answer));
        FileCalls.unlink(answer);
        String value = text.substring(text.indexOf('\n') + 1);
        if (!text.startsWith("ok\n")) {
            throw new AssertionError("in puppet " + pid + ": " + python + "\n" + value);
        }
        return value;
    }

    /** Asks the puppet to run this, and does not wait for an answer: it may never come. */
    public synchronized void begin(String python) {
        requests++;
        FileCalls.writeFile(control + "/new", (requests + "\n" + python).getBytes(UTF_8), 0600);
        FileCalls.rename(control + "/new", control + "/request");
    }

    /** Whether it is there, restored or not yet dumped. In a pid namespace it has another pid for us than it had. */
    public boolean isRunning() {
        return Children.isRunning(pid) && !isCriu() || !program.processes().isEmpty();
    }

    /** What criu has forked to become the puppet is not the puppet yet; the attempt may fail, and thaw repeat it. */
    private boolean isCriu() {
        return ProcessStat.read(pid).filter(stat -> stat.comm().equals("criu")).isPresent();
    }

    /** Forks a puppet that shares all descriptions; {@code name} must be new in this puppet. */
    public Puppet child(String name) {
        return child(name, "");
    }

    /** @param options of the Python function {@code child}, as in {@code share_table=True, session=True} */
    public Puppet child(String name, String options) {
        int childPid = Integer.parseInt(eval("child('" + name + "'" + (options.isEmpty() ? "" : ", " + options) + ")"));
        Puppet child = new Puppet(control + "/" + name, childPid, program);
        children.add(child);
        return child;
    }

    /** Those that {@link #child} has made. */
    public List<Puppet> children() {
        return List.copyOf(children);
    }

    public List<FdEntry> fdTable() {
        return FdEntry.table(pid);
    }

    public FdEntry fd(int number) {
        return FdEntry.of(pid, number);
    }

    /** This puppet and all that came of it, as processes that run now. */
    public Set<Integer> processes() {
        return program.processes();
    }

    /** Waits for its end and reaps it. It must be the test JVM's child: by birth, or adopted after criu restored it without thaw. */
    public WaitStatus awaitEnd() {
        return Children.awaitEnd(pid, Await.LIMIT);
    }

    /** Waits until the pids of this puppet and of all below it can be given to others, so also be restored. */
    public void awaitGone() {
        Children.awaitFree(pids(), Await.LIMIT);
    }

    private Set<Integer> pids() {
        Set<Integer> pids = new LinkedHashSet<>(Set.of(pid));
        children.forEach(child -> pids.addAll(child.pids()));
        return pids;
    }

    /** Kills this puppet and all that came of it, wherever it hangs in the process tree now; a child only with what is below it. */
    @Override
    public void close() {
        if (pid == program.pid()) {
            program.close();
        } else if (program.processes().contains(pid)) { // else the pid may be somebody else's by now
            Children.killTrees(Set.of(pid));
        }
        pids().forEach(Children::reap);
    }
}
