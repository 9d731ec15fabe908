package dev.thaw.it;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.WaitStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Plain criu, without thaw: for images that thaw did not write, and to show what criu does by itself. */
public final class RawCriu {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int FIRST_HANDED_OVER = 100;
    private static final AtomicInteger NEXT = new AtomicInteger();

    private final List<String> arguments = new ArrayList<>();
    private final List<String> through = new ArrayList<>();
    private final Map<String, String> environment = new TreeMap<>();
    private final Map<Integer, Integer> descriptors = new TreeMap<>();
    private final String verb;
    private final String images;
    private final String work;
    private final int dumped;
    private String directory = "/";

    private RawCriu(Scratch scratch, String verb, String images, int dumped) {
        this.verb = verb;
        this.images = images;
        this.work = scratch.directory("criu-" + verb + "-" + NEXT.incrementAndGet());
        this.dumped = dumped;
        arguments.addAll(List.of(CriuOnHost.path(), verb, "--no-default-config", "-D", images, "-W", work, "-v4", "-o", "log"));
    }

    /** Dumps the tree below this pid into the directory, which is made when it is not there. criu kills it, unless told {@code -R}. */
    public static RawCriu dump(Scratch scratch, int pid, String images) {
        if (FileCalls.statIfExists(images).isEmpty()) {
            FileCalls.mkdir(images, 0700);
        }
        return new RawCriu(scratch, "dump", images, pid).option("-t", Integer.toString(pid));
    }

    /** Restores detached; the root of the tree is a child of the test JVM afterwards, with or without {@code -S}. */
    public static RawCriu restore(Scratch scratch, String images) {
        return new RawCriu(scratch, "restore", images, 0).option("-d", "--manage-cgroups=ignore", "--pidfile", "pid");
    }

    public RawCriu option(String... words) {
        arguments.addAll(Arrays.asList(words));
        return this;
    }

    /**
     * Hands over one of our descriptors, by {@code --inherit-fd}.
     *
     * @param ours stays open here, and the caller's
     * @param key as {@link FdEntry#key()} gives it for the descriptor that was dumped
     */
    public RawCriu inherit(int ours, String key) {
        int number = FIRST_HANDED_OVER + descriptors.size();
        descriptors.put(number, ours);
        return option("--inherit-fd", "fd[" + number + "]:" + key);
    }

    /** @param ours for criu's own standard input: a terminal, for shell jobs */
    public RawCriu standardInput(int ours) {
        descriptors.put(0, ours);
        return this;
    }

    public RawCriu directory(String path) {
        directory = path;
        return this;
    }

    /** criu is started by this command, {@code setpriv} for instance, which becomes it. */
    public RawCriu through(String... command) {
        through.addAll(Arrays.asList(command));
        return this;
    }

    public RawCriu environment(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Runs criu, which must succeed. @return what it did; after a dump that ends the tree, its pids are free again */
    public Outcome run() {
        Outcome outcome = attempt();
        if (outcome.exitCode() != 0) {
            throw new AssertionError(outcome.toString());
        }
        return outcome;
    }

    /** Runs criu, which may fail. */
    public Outcome attempt() {
        Set<Integer> tree = dumped == 0 ? Set.of() : Children.tree(dumped);
        Set<Integer> before = Children.direct();
        Outcome outcome;
        try (Running criu = spawn()) {
            WaitStatus status = criu.await(LIMIT);
            outcome = outcome(status.exitCode(), criu);
        }
        if (dumped == 0 && outcome.exitCode() != 0) {
            // What it had restored so far it has killed; we have adopted it, and its pids are to be free for the next attempt.
            Set<Integer> since = Children.direct();
            since.removeAll(before);
            Children.awaitGone(since, Await.LIMIT);
        }
        if (outcome.exitCode() == 0 && !tree.isEmpty() && !arguments.contains("-R") && !arguments.contains("--leave-running")) {
            Children.awaitFree(tree, Await.LIMIT);
        }
        return outcome;
    }

    /** Runs criu until this is in its log, and ends it and what it has restored so far: for what makes it wait for ever. */
    public Outcome hangAt(String text) {
        try (Running criu = spawn()) {
            Await.until("\"" + text + "\" in criu's log", () -> outcome(-1, criu).log().contains(text));
            return outcome(-1, criu);
        }
    }

    private Running spawn() {
        Program.Builder start = Program.with().directory(directory).nullDescriptor(0).descriptors(descriptors)
                .capture(1, capture()).capture(2, capture());
        environment.forEach(start::environment);
        return start.spawn(command());
    }

    private List<String> command() {
        List<String> command = new ArrayList<>(through);
        command.addAll(arguments);
        return command;
    }

    private Outcome outcome(int exitCode, Running criu) {
        return new Outcome(verb, String.join(" ", command()), exitCode, criu.output(1) + criu.output(2), images, work);
    }

    /** A memfd: no name that could clash, nothing to remove. */
    private static OwnedFd capture() {
        OwnedFd file = FdCalls.memfdCreate("captured", 0);
        FdCalls.setFlags(file.number(), FdCalls.getFlags(file.number()) | OpenFlags.O_APPEND);
        return file;
    }

    /**
     * How a run of criu ended.
     *
     * @param output what it wrote to its standard output and error
     */
    public record Outcome(String verb, String command, int exitCode, String output, String images, String work) {
        /** criu's own log, at level 4. */
        public String log() {
            String file = work + "/log";
            return FileCalls.statIfExists(file).isPresent() ? KernelString.decode(FileCalls.readAll(file)) : "(no log)";
        }

        /** The root of the restored tree. */
        public int pid() {
            return Integer.parseInt(KernelString.decode(FileCalls.readAll(work + "/pid")).strip());
        }

        /** The command, what it wrote, the log's lines about errors and its end. */
        @Override
        public String toString() {
            List<String> lines = log().lines().toList();
            List<String> errors = lines.stream().filter(line -> line.contains("Error") || line.contains("Warn")).toList();
            return "criu " + verb + " ended with " + exitCode + "\ncommand: " + command + "\n-- it wrote:\n" + output
                    + "\n-- errors and warnings in its log:\n" + String.join("\n", errors)
                    + "\n-- end of its log:\n" + String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
        }
    }
}
