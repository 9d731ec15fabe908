package dev.thaw.restore;

import dev.thaw.criu.LogContext;
import dev.thaw.linux.Errno;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.WaitStatus;
import dev.thaw.report.Durations;
import dev.thaw.report.Failure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A restore by a compiled plan that was begun by the shell which this process was: criu is our child and at work. It lets the application run
 * once it has found everything as planned, and this process on its way.
 *
 * @param rootPid of the application, which becomes our child
 * @param criuPid a child of ours
 * @param begun when
 * @param descriptors that criu's script compares with, ours to be closed when criu has ended
 * @param generation the directory with the images
 */
public record CompiledRun(int rootPid, int criuPid, Instant begun, List<Integer> descriptors, String generation) {
    /** Where the script {@code thaw} says so. */
    public static final String VARIABLE = "THAW_COMPILED";

    private static final Pattern TEXT = Pattern.compile("(\\d{1,9}) (\\d{1,9}) (\\d{1,18}) ([\\d,]{1,200}) (/.*)", Pattern.DOTALL);
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
                Instant.ofEpochSecond(micros / 1_000_000, micros % 1_000_000 * 1000), descriptors, parts.group(5));
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
        boolean succeeded = false;
        try {
            succeeded = criuStatus(limit, endAskedFor).filter(status -> status.exitCode() == 0).isPresent();
        } finally {
            descriptors.forEach(number -> OwnedFd.of(number).close());
            if (!succeeded) {
                HalfRestored.end(Set.of());
            }
        }
        return succeeded ? Optional.of(new Restored(rootPid, Duration.between(begun, Instant.now()), Set.of(), Optional.empty())) : Optional.empty();
    }

    private Optional<WaitStatus> criuStatus(Duration limit, Supplier<OptionalInt> endAskedFor) {
        Patience patience = Patience.of(limit.minus(Duration.between(begun, Instant.now())), endAskedFor);
        try {
            Optional<WaitStatus> status = ProcessCalls.waitPid(criuPid, Duration.ZERO);
            while (status.isEmpty()) {
                if (patience.isOver()) {
                    // Planning anew would take as long again.
                    throw CriuFailure.timedOut(NOTHING_SAID, Optional.empty(), Durations.format(limit), LogContext.NONE);
                }
                status = ProcessCalls.waitPid(criuPid, patience.step());
                if (status.isEmpty() && endAskedFor.get().isPresent()) {
                    // The application may run for a moment already. Then the signal is for it.
                    status = ProcessCalls.waitPid(criuPid, LAST_STEPS);
                    if (status.isEmpty()) {
                        patience.check();
                    }
                }
            }
            return status;
        } catch (LinuxException e) {
            if (e.is(Errno.ECHILD)) {
                return Optional.empty(); // it failed so early that the shell has reaped it
            }
            throw e;
        }
    }
}
