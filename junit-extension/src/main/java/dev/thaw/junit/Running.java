package dev.thaw.junit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** An application with thaw beside it, which has its exit status. Both of its streams go to one file. */
public abstract sealed class Running permits Application, Restored {
    /** How long a test waits for something, unless it says otherwise. */
    static final Duration LIMIT = Duration.ofSeconds(30);

    private static final long STEP_MILLIS = 20;

    private final Process thaw;
    private final Path output;
    private final Path pidFile;
    /** The file is removed when it ends. */
    private int pid;

    Running(Applications applications, String name, List<String> arguments, List<String> rest) {
        output = applications.directory().resolve(name + ".out");
        pidFile = applications.directory().resolve(name + ".pid");
        List<String> all = new ArrayList<>(arguments);
        all.addAll(List.of("--stdin", "null", "--stdout", "append:" + output, "--stderr", "stdout", "--pid-file", pidFile.toString()));
        all.addAll(rest);
        try {
            thaw = applications.thaw().builder(all).redirectErrorStream(true).redirectOutput(messages().toFile()).start();
        } catch (IOException e) {
            throw new AssertionError("thaw cannot be run: " + e.getMessage(), e);
        }
        applications.add(this);
        await(LIMIT, "an application that runs", () -> {
            pid = pidIfKnown();
            return pid != 0;
        });
    }

    /** Its process id: of a restored one the same as before. */
    public final int pid() {
        return pid;
    }

    /** What it has written to its standard output and error since this one was started or restored. */
    public final String output() {
        return text(output);
    }

    /** Waits until it has written this text, for 30 s at most. */
    public final void awaitOutput(String text) {
        await(LIMIT, "\"" + text + "\" in its output", () -> output().contains(text));
    }

    public final boolean isRunning() {
        return thaw.isAlive();
    }

    /** Tells it to end, by SIGTERM. @return its exit code; 143 for one that takes that signal as it comes */
    public final int terminate() {
        ProcessHandle.of(pid()).ifPresent(ProcessHandle::destroy);
        return awaitEnd();
    }

    /** Waits for its end, for 30 s at most. @return its exit code; 128 and more for a signal */
    public final int awaitEnd() {
        try {
            if (thaw.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                return thaw.exitValue();
            }
            throw new AssertionError("it has not ended after " + LIMIT.toSeconds() + " s" + state());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** Ends it without asking. */
    final void end() {
        if (thaw.isAlive() && pid != 0) {
            ProcessHandle.of(pid).ifPresent(root -> {
                List<ProcessHandle> tree = root.descendants().toList();
                root.destroyForcibly();
                tree.forEach(ProcessHandle::destroyForcibly);
            });
        }
        try {
            if (!thaw.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                thaw.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private int pidIfKnown() {
        String text = text(pidFile).strip();
        return text.matches("[0-9]+") ? Integer.parseInt(text) : 0;
    }

    /** What thaw itself has said. */
    private Path messages() {
        return output.resolveSibling(output.getFileName() + ".thaw");
    }

    private void await(Duration limit, String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (!thaw.isAlive() && !condition.getAsBoolean()) {
                throw new AssertionError("it ended before there was " + what + state());
            }
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("there was not " + what + " within " + limit.toSeconds() + " s" + state());
            }
            try {
                Thread.sleep(STEP_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted", e);
            }
        }
    }

    private String state() {
        String end = thaw.isAlive() ? "" : "\nexit code: " + thaw.exitValue();
        return end + "\nits output:\n" + output() + "\nthaw's messages:\n" + text(messages());
    }

    private static String text(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file, StandardCharsets.ISO_8859_1) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
