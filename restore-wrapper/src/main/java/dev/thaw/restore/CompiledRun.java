package dev.thaw.restore;

import dev.thaw.criu.LogContext;
import dev.thaw.linux.Errno;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.pidns.PidNamespace;
import dev.thaw.report.Durations;
import dev.thaw.report.Failure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A restore by a compiled plan that was begun by the shell which this process was: criu is our child and at work. It lets the application run
 * once it has found everything as planned, and this process on its way.
 *
 * @param rootPid of the application, which becomes our child; as it sees itself
 * @param criuPid a child of ours; with a pid namespace that the shell has made, criu's parent ({@link NamespaceStarter})
 * @param begun when
 * @param descriptors that criu's script compares with, ours to be closed when criu has ended
 * @param life the descriptor by which that namespace lives until it is told the application's pid; empty without one
 * @param generation the directory with the images
 */
public record CompiledRun(int rootPid, int criuPid, Instant begun, List<Integer> descriptors, OptionalInt life, String generation) {
    /** Where the script {@code thaw} says so. */
    public static final String VARIABLE = "THAW_COMPILED";

    private static final Pattern TEXT = Pattern.compile("(\\d{1,9}) (\\d{1,9}) (\\d{1,18}) ([\\d,]{1,200}) (-|\\d{1,9}) (/.*)", Pattern.DOTALL);
    /** What criu may need when the application may be running already. */
    private static final Duration LAST_STEPS = Duration.ofSeconds(1);
    /** A criu that a compiled plan starts writes no log. */
    private static final CriuRun.Outcome NOTHING_SAID = new CriuRun.Outcome(Optional.empty(), OptionalInt.empty(), "", "");

    public CompiledRun {
        descriptors = List.copyOf(descriptors);
    }

    /** @param text as the script writes it, see there */
    public static CompiledRun parse(String text) {
        Matcher parts = TEXT.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException(VARIABLE + "=" + text);
        }
        List<Integer> descriptors = new ArrayList<>();
        for (String number : parts.group(4).split(",")) {
            descriptors.add(Integer.parseInt(number));
        }
        long micros = Long.parseLong(parts.group(3));
        return new CompiledRun(Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2)),
                Instant.ofEpochSecond(micros / 1_000_000, micros % 1_000_000 * 1000), descriptors,
                parts.group(5).equals("-") ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(parts.group(5))), parts.group(6));
    }

    /** How many of the descriptors became the application's: the others are criu's script, and the pipe by which it said that everything was restored. */
    public int handovers() {
        return descriptors.size() - 2;
    }

    /**
     * Waits for criu's end.
     *
     * @param endAskedFor a signal that came and asks for an end
     * @param limit from the moment when it was begun
     * @return the restored tree, which runs; empty when there is none, and nothing is left of the attempt
     * @throws Failure when a signal asked for an end, or the limit passed, and criu was not about to end; nothing is left then either
     */
    public Optional<Restored> await(Duration limit, Supplier<OptionalInt> endAskedFor) {
        ProcessCalls.setChildSubreaper(true);
        Optional<Restored> restored = Optional.empty();
        try {
            restored = awaitCriu(limit, endAskedFor);
        } finally {
            descriptors.forEach(number -> OwnedFd.of(number).close());
            if (restored.isEmpty()) {
                life.ifPresent(number -> OwnedFd.of(number).close());
                HalfRestored.end(Set.of());
            }
        }
        return restored;
    }

    private Optional<Restored> awaitCriu(Duration limit, Supplier<OptionalInt> endAskedFor) {
        NamespaceStarter starter = new NamespaceStarter(criuPid, OwnedFd.of(descriptors.get(1)));
        Function<Duration, Optional<Optional<Restored>>> wait = life.isEmpty() ? this::criuEnd : step -> namespaceStart(starter, step);
        Patience patience = Patience.of(limit.minus(Duration.between(begun, Instant.now())), endAskedFor);
        Optional<Optional<Restored>> outcome = wait.apply(Duration.ZERO);
        while (outcome.isEmpty()) {
            if (patience.isOver()) {
                // Planning anew would take as long again.
                throw CriuFailure.timedOut(NOTHING_SAID, Optional.empty(), Durations.format(limit), LogContext.NONE);
            }
            outcome = wait.apply(patience.step());
            if (outcome.isEmpty() && endAskedFor.get().isPresent()) {
                // The application may run for a moment already. Then the signal is for it.
                outcome = wait.apply(LAST_STEPS);
                if (outcome.isEmpty()) {
                    patience.check();
                }
            }
        }
        return outcome.get();
    }

    /** Empty as long as it is not known what becomes of criu; then the tree, or none. */
    private Optional<Optional<Restored>> criuEnd(Duration step) {
        try {
            return ProcessCalls.waitPid(criuPid, step).map(status -> status.exitCode() == 0 ? Optional.of(restored(rootPid, Optional.empty())) : Optional.empty());
        } catch (LinuxException e) {
            if (e.is(Errno.ECHILD)) {
                return Optional.of(Optional.empty()); // it failed so early that the shell has reaped it
            }
            throw e;
        }
    }

    private Optional<Optional<Restored>> namespaceStart(NamespaceStarter starter, Duration step) {
        Optional<NamespaceStarter.Answer> answer = starter.await(step);
        if (answer.isPresent()) {
            PidNamespace namespace = NamespaceStarter.liveWith(answer.get(), OwnedFd.of(life.getAsInt()), rootPid);
            return Optional.of(Optional.of(restored(answer.get().rootPid(), Optional.of(namespace))));
        }
        return starter.hasFailed() ? Optional.of(Optional.empty()) : Optional.empty();
    }

    private Restored restored(int pid, Optional<PidNamespace> namespace) {
        return new Restored(pid, Duration.between(begun, Instant.now()), Set.of(), namespace);
    }
}
