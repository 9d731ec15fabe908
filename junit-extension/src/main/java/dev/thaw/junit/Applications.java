package dev.thaw.junit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a restore test starts applications with; it is a parameter of the test. When the test is over, all that it started is ended and all
 * images are removed.
 */
public final class Applications implements AutoCloseable {
    private final ThawProgram thaw = ThawProgram.find();
    private final Path directory;
    private final Engine engine;
    private final List<Running> running = new ArrayList<>();
    private int count;

    private Applications(Path directory, Engine engine) {
        this.directory = directory;
        this.engine = engine;
    }

    static Applications create(Engine engine) {
        try {
            return new Applications(Files.createTempDirectory("thaw-test-"), engine);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Starts a program as {@code thaw run} does: in a session of its own, with the streams that {@link Application#output()} reads.
     *
     * @param command the program and its arguments
     */
    public Application start(String... command) {
        return start(List.of(), command);
    }

    /**
     * The same with options.
     *
     * @param options of {@code thaw run}, such as {@code --env}, {@code KEY=VALUE}
     */
    public Application start(List<String> options, String... command) {
        count++;
        List<String> arguments = new ArrayList<>(List.of("run"));
        arguments.addAll(options);
        return new Application(this, "application-" + count, arguments, List.of(command));
    }

    /**
     * Rehearses a restore of a program with the engine of the test, and fails the test when a cycle does not hold. What takes memory is not tried by
     * {@link Engine#REHEARSE}.
     *
     * @param options of {@code thaw rehearse}, such as {@code --ready-output}, {@code listening}, {@code --change}, {@code close-pipes}
     * @param command the program and its arguments
     * @return the report
     */
    public String rehearse(List<String> options, String... command) {
        List<String> arguments = new ArrayList<>(List.of("rehearse", "--engine", engine.word()));
        arguments.addAll(options);
        arguments.add("--");
        arguments.addAll(List.of(command));
        return thaw.succeed(arguments);
    }

    /** A directory for the test's own files; it is removed with the rest. */
    public Path directory() {
        return directory;
    }

    ThawProgram thaw() {
        return thaw;
    }

    /** What has to be ended after the test. */
    void add(Running one) {
        running.add(one);
    }

    /** Ends what runs and removes the images; the extension calls it. */
    @Override
    public void close() {
        running.forEach(Running::end);
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
