package dev.thaw.it;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.WaitStatus;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A command that a test has started. */
final class Running implements AutoCloseable {
    private final List<String> argv;
    private final int pid;
    private final Map<Integer, OwnedFd> captured;
    private Optional<WaitStatus> status = Optional.empty();

    Running(List<String> argv, int pid, Map<Integer, OwnedFd> captured) {
        this.argv = argv;
        this.pid = pid;
        this.captured = captured;
    }

    int pid() {
        return pid;
    }

    /** What the command has written to this number so far; the bytes as a kernel string. */
    String output(int number) {
        OwnedFd file = captured.get(number);
        if (file == null) {
            return "(not captured: the test gave a descriptor of its own)";
        }
        // Opened again: this one is for writing, and its offset is the command's.
        return KernelString.decode(FileCalls.readAll("/proc/self/fd/" + file.number()));
    }

    WaitStatus await(Duration limit) {
        return await(limit, () -> {});
    }

    /**
     * Waits for the end, and kills the command with all below it when that takes too long.
     *
     * @param before is done before it is killed
     */
    WaitStatus await(Duration limit, Runnable before) {
        if (status.isEmpty()) {
            try {
                status = Optional.of(Children.awaitEnd(pid, limit));
            } catch (AssertionError e) {
                before.run();
                String tree = Children.describe(Children.tree(pid));
                Children.killTrees(Set.of(pid));
                throw new AssertionError(e.getMessage() + "; killed: " + tree + "\n" + describe(), e);
            }
        }
        return status.get();
    }

    boolean hasEnded() {
        return status.isPresent() || !Children.isRunning(pid);
    }

    /** For a message: the command line and all that was captured. */
    String describe() {
        StringBuilder text = new StringBuilder("command: ").append(String.join(" ", argv));
        captured.keySet().forEach(number -> text.append("\n-- written to ").append(number).append(":\n").append(output(number)));
        return text.toString();
    }

    /** Kills what still runs. */
    @Override
    public void close() {
        if (status.isEmpty()) {
            Children.killTrees(Set.of(pid));
        }
        captured.values().forEach(OwnedFd::close);
    }
}
