package dev.thaw.junit;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The program thaw, run as a user would run it. */
final class ThawProgram {
    /** A build from sources, and a download of criu, may be among it. */
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final Optional<String> path;

    private ThawProgram(Optional<String> path) {
        this.path = path;
    }

    static ThawProgram find() {
        return new ThawProgram(Optional.ofNullable(System.getProperty("thaw")).or(() -> Optional.ofNullable(System.getenv("THAW"))).or(ThawProgram::inPath));
    }

    private static Optional<String> inPath() {
        for (String directory : Optional.ofNullable(System.getenv("PATH")).orElse("").split(File.pathSeparator)) {
            Path program = Path.of(directory, "thaw");
            if (Files.isExecutable(program) && Files.isRegularFile(program)) {
                return Optional.of(program.toString());
            }
        }
        return Optional.empty();
    }

    /** Why there can be no restore by this engine on this machine, in a line; empty when there can. */
    String problem(Engine engine) {
        if (path.isEmpty()) {
            return "there is no thaw: set -Dthaw=/path/to/thaw or THAW, or put it into PATH";
        }
        try {
            Outcome outcome = run(engine == Engine.CRIU ? List.of("check", "host") : List.of("--version"));
            return outcome.exitCode() == 0 ? "" : first(outcome.text());
        } catch (AssertionError e) {
            return e.getMessage();
        }
    }

    private static String first(String text) {
        List<String> lines = text.lines().limit(2).map(String::strip).toList();
        return String.join("; ", lines);
    }

    /** How a run of thaw ended, and all that it wrote. */
    record Outcome(int exitCode, String text) {}

    /** Runs it to its end. The application that it leaves running must not have our pipe: so a file takes what it writes. */
    Outcome run(List<String> arguments) {
        try {
            Path output = Files.createTempFile("thaw-", ".out");
            try {
                Process process = builder(arguments).redirectErrorStream(true).redirectOutput(output.toFile()).start();
                if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError("thaw " + String.join(" ", arguments) + " had not ended after " + LIMIT.toSeconds() + " s\n" + Files.readString(output));
                }
                return new Outcome(process.exitValue(), Files.readString(output));
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new AssertionError("thaw cannot be run: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** As {@link #run}; anything but exit code 0 fails the test with what thaw said. */
    String succeed(List<String> arguments) {
        Outcome outcome = run(arguments);
        if (outcome.exitCode() != 0) {
            throw new AssertionError("thaw " + String.join(" ", arguments) + " ended with " + outcome.exitCode() + "\n" + outcome.text());
        }
        return outcome.text();
    }

    /** For one that stays beside the application. */
    ProcessBuilder builder(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(path.orElseThrow(() -> new AssertionError("there is no thaw"))));
        command.addAll(arguments);
        return new ProcessBuilder(command).redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    }
}
