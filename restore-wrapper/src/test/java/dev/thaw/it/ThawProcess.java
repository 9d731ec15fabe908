package dev.thaw.it;

import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.WaitStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * The real command line in a process of its own: {@code java ... dev.thaw.cli.Main ARGS}. A stream that the test says nothing about is
 * /dev/null for reading, and a file in the scratch directory, opened for appending, for writing; the result shows what is in it.
 */
public final class ThawProcess implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration THREAD_DUMP = Duration.ofMillis(500);
    private static final AtomicInteger NEXT = new AtomicInteger();

    private final List<String> arguments;
    private final Running running;
    private final Duration limit;
    private final long startNanos = System.nanoTime();

    private ThawProcess(List<String> arguments, Running running, Duration limit) {
        this.arguments = arguments;
        this.running = running;
        this.limit = limit;
    }

    /** Runs thaw and waits for its end. */
    public static Result run(Scratch scratch, String... arguments) {
        return in(scratch).run(arguments);
    }

    public static Builder in(Scratch scratch) {
        return new Builder(scratch);
    }

    /** What thaw is started with; its working directory is the scratch directory unless given. See {@link Start}. */
    public static final class Builder extends Start<Builder> {
        private final Scratch scratch;
        private final Set<Integer> closed = new HashSet<>();
        private Optional<String> script = Optional.empty();
        private Duration limit = LIMIT;

        private Builder(Scratch scratch) {
            this.scratch = scratch;
            directory(scratch.path());
            environment("XDG_RUNTIME_DIR", scratch.path()); // what thaw keeps per user is the test's alone
            if (CriuOnHost.problem().isEmpty()) {
                environment("THAW_CRIU", CriuOnHost.path());
            }
        }

        @Override
        Builder self() {
            return this;
        }

        /** thaw is started without this stream. */
        public Builder closed(int stream) {
            closed.add(stream);
            return this;
        }

        /** The terminal becomes all three streams, and the controlling terminal of a session of thaw's own. */
        public Builder terminal(TestPty terminal) {
            return descriptor(0, terminal.slave()).descriptor(1, terminal.slave()).descriptor(2, terminal.slave()).controllingTerminal(0);
        }

        /** After this time thaw is killed with all below it, and the test fails; 60 s unless given. */
        public Builder limit(Duration most) {
            limit = most;
            return this;
        }

        /** Starts {@code ./thaw} of the checkout, as it was built last, in the place of java with the class path of the tests. */
        public Builder throughScript() {
            return throughScript(Checkout.root().resolve("thaw").toString());
        }

        /** Starts another copy of {@code ./thaw}, which runs what was built beside it. */
        public Builder throughScript(String path) {
            script = Optional.of(path);
            return environment("THAW_NO_BUILD", "1");
        }

        /** Starts thaw and leaves it running; to be closed. */
        public ThawProcess start(String... arguments) {
            List<String> argv = new ArrayList<>(script.isPresent() ? List.of(script.get()) : JavaCommand.thaw());
            argv.addAll(List.of(arguments));
            String name = "thaw-" + NEXT.incrementAndGet();
            if (!closed.contains(0) && !has(0)) {
                nullDescriptor(0);
            }
            for (int stream = 1; stream <= 2; stream++) {
                if (!closed.contains(stream) && !has(stream)) {
                    capture(stream, scratch.open(name + "." + stream, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND));
                }
            }
            return new ThawProcess(List.of(arguments), spawn(argv), limit);
        }

        /** Runs thaw and waits for its end. */
        public Result run(String... arguments) {
            try (ThawProcess thaw = start(arguments)) {
                return thaw.awaitEnd();
            }
        }
    }

    public int pid() {
        return running.pid();
    }

    public boolean isRunning() {
        return !running.hasEnded();
    }

    /** What it has written to its standard output so far. */
    public String out() {
        return running.output(1);
    }

    /** What it has written to its standard error so far. */
    public String err() {
        return running.output(2);
    }

    /** Waits until this text is in its standard error. */
    public void awaitErr(String text) {
        awaitText(text, "error", this::err);
    }

    /** Waits until this text is in its standard output, which the application's is as well unless the test says otherwise. */
    public void awaitOut(String text) {
        awaitText(text, "output", this::out);
    }

    /** Waits until the puppet is there again; fails with all that thaw has said when thaw ends before. @return this */
    public ThawProcess awaitRestored(Puppet puppet) {
        Await.value(() -> "the restored puppet " + puppet.pid() + "\n" + running.describe(), limit, () -> {
            boolean over = running.hasEnded(); // looked at before the puppet: a detached restore ends when it is there
            if (puppet.isRunning()) {
                return Optional.of(puppet);
            }
            if (over) {
                throw new AssertionError("thaw has ended, and puppet " + puppet.pid() + " is not there\n" + awaitEnd());
            }
            return Optional.empty();
        });
        return this;
    }

    private void awaitText(String text, String stream, Supplier<String> written) {
        Await.value(() -> "'" + text + "' on the standard " + stream + " of thaw\n" + running.describe(), limit,
                () -> Optional.of(written.get()).filter(all -> all.contains(text)));
    }

    public void signal(int signal) {
        ProcessCalls.kill(pid(), signal);
    }

    public Result awaitEnd() {
        WaitStatus status = running.await(limit.minus(THREAD_DUMP), this::dumpThreads);
        return new Result(arguments, status, out(), err(), took());
    }

    /** A JVM that hangs says where, on its standard output. */
    private void dumpThreads() {
        ProcessCalls.kill(pid(), Signals.SIGQUIT);
        try {
            Thread.sleep(THREAD_DUMP.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Duration took() {
        return Duration.ofNanos(System.nanoTime() - startNanos);
    }

    /** Kills thaw if it is still running, with all below it. */
    @Override
    public void close() {
        running.close();
    }

    /**
     * How a run of thaw ended.
     *
     * @param out all of its standard output, and of the application's that has inherited it
     * @param err all of its standard error, likewise
     */
    public record Result(List<String> arguments, WaitStatus status, String out, String err, Duration took) {
        public int exitCode() {
            return status.exitCode();
        }

        /** Fails, showing everything, when thaw has ended otherwise. @return this */
        public Result expect(int exitCode) {
            if (exitCode() != exitCode) {
                throw new AssertionError("expected exit code " + exitCode + "\n" + this);
            }
            return this;
        }

        /** Fails, showing everything, when this is not in the standard error. @return this */
        public Result expectErr(String text) {
            if (!err.contains(text)) {
                throw new AssertionError("expected on standard error: " + text + "\n" + this);
            }
            return this;
        }

        /** Fails, showing everything, when this is not in the standard output. @return this */
        public Result expectOut(String text) {
            if (!out.contains(text)) {
                throw new AssertionError("expected on standard output: " + text + "\n" + this);
            }
            return this;
        }

        @Override
        public String toString() {
            return "thaw " + String.join(" ", arguments) + "\nended with " + status + " after " + took.toMillis() + " ms"
                    + "\n-- standard output:\n" + out + "\n-- standard error:\n" + err;
        }
    }
}
