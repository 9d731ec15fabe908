package dev.thaw.rehearse;

import dev.thaw.fdbroker.JournalStream;
import dev.thaw.fdbroker.SourceOpener;
import dev.thaw.launcher.LaunchSpec;
import dev.thaw.launcher.PreparedLaunch;
import dev.thaw.launcher.SessionPolicy;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.WaitStatus;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.run.Preparation;
import dev.thaw.supervise.HelperCommand;
import dev.thaw.supervise.Pause;
import dev.thaw.supervise.ProcessTreeEnd;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** The command as thaw run would start it, and what is asked of it while it runs. */
final class Application {
    private static final Duration WARM = Duration.ofSeconds(1);
    private static final Duration END_LIMIT = Duration.ofSeconds(15);
    private static final long STEP_MILLIS = 25;
    private static final int SHOWN_LINES = 4;

    private final RehearsalOptions options;
    private final AppStreams streams;
    private final List<String> environment;

    Application(RehearsalOptions options, AppStreams streams, List<String> environment) {
        this.options = options;
        this.streams = streams;
        this.environment = environment;
    }

    /** @return its pid, a child of ours */
    int start() {
        LaunchSpec spec = new LaunchSpec(options.command(), Optional.empty(), List.of(), streams.sources(), Set.of(), List.of(), SessionPolicy.NEW, false, true);
        SourceOpener opener = new SourceOpener(options.limit(), JournalStream.SOCKET, "thaw", streams::supply);
        try (PreparedLaunch prepared = Preparation.of(spec, environment, opener)) {
            return prepared.start().pid();
        }
    }

    /** Waits until it may be dumped. */
    void awaitReady(int root) {
        long deadline = System.nanoTime() + options.limit().toNanos();
        if (options.readyCommand().isEmpty() && options.readyOutput().isEmpty() && options.readyPort().isEmpty()) {
            await(root, System.nanoTime() + WARM.toNanos(), () -> false);
            return;
        }
        options.readyOutput().ifPresent(pattern -> insist(root, deadline, "it has not written what --ready-output looks for: " + pattern,
                () -> streams.transcripts().values().stream().anyMatch(transcript -> pattern.matcher(transcript.sinceMark()).find())));
        options.readyPort().ifPresent(port -> insist(root, deadline, "nobody accepts a connection on port " + port + " of 127.0.0.1", () -> accepts(port)));
        options.readyCommand().ifPresent(command -> insist(root, deadline, "the ready command did not end with 0: " + command,
                () -> run(command, root, "").succeeded()));
    }

    /** Runs a command of the user's beside it. */
    HelperCommand.Result run(String command, int root, String image) {
        return HelperCommand.run(command, Map.of("THAW_PID", Integer.toString(root), "THAW_IMAGE", image), options.limit());
    }

    /** Tells it to end, and ends it when it does not. @return empty when it had to be killed */
    Optional<WaitStatus> end(int root) {
        try {
            ProcessCalls.kill(root, Signals.SIGTERM);
            ProcessCalls.kill(root, Signals.SIGCONT);
        } catch (LinuxException gone) {
            return ProcessCalls.waitPid(root, true);
        }
        long deadline = System.nanoTime() + END_LIMIT.toNanos();
        await(deadline, () -> ProcessCalls.peekExit(root).isPresent());
        Optional<WaitStatus> how = ProcessCalls.peekExit(root);
        ProcessTreeEnd.end(root, Duration.ZERO);
        return how;
    }

    /** Reaps what of a dumped tree is ours; its pids are free then. */
    static void reap(List<Integer> tree) {
        await(System.nanoTime() + END_LIMIT.toNanos(), () -> {
            tree.forEach(Application::reapIfOurs);
            return tree.stream().noneMatch(ProcessCalls::exists);
        });
    }

    private static void reapIfOurs(int pid) {
        try {
            ProcessCalls.waitPid(pid, true);
        } catch (LinuxException notOurs) {
            return;
        }
    }

    /** Whether it lives that long. */
    boolean lives(int root, Duration settle) {
        return !await(System.nanoTime() + settle.toNanos(), () -> ProcessCalls.peekExit(root).isPresent());
    }

    private void insist(int root, long deadline, String because, BooleanSupplier condition) {
        if (!await(root, deadline, condition)) {
            throw new Failure(ExitCode.TIME_LIMIT, "pid " + root + " was not ready for a checkpoint in time", withOutput(because),
                    List.of("--timeout with more time"));
        }
    }

    private boolean await(int root, long deadline, BooleanSupplier condition) {
        return await(deadline, () -> {
            Optional<WaitStatus> ended = ProcessCalls.peekExit(root);
            if (ended.isPresent()) {
                throw new Failure(ExitCode.FAILURE, "the command ended before it was ready for a checkpoint",
                        withOutput("with exit code " + ended.get().exitCode()), List.of("run it without thaw, for what it says"));
            }
            return condition.getAsBoolean();
        });
    }

    private List<String> withOutput(String because) {
        List<String> all = new java.util.ArrayList<>(List.of(because));
        all.addAll(streams.lastLines(SHOWN_LINES));
        return all;
    }

    /** @return false when the deadline passed first */
    static boolean await(long deadline, BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            Pause.millis(STEP_MILLIS);
        }
        return true;
    }

    private static boolean accepts(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port), (int) WARM.toMillis());
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }
}
