package dev.thaw.supervise;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Decides, beside the supervision, when the application counts as up: when it has lived for the settle time and the ready command, if
 * there is one, has succeeded.
 */
final class Readiness {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
    private static final int MOST_SAID = 200;

    private final int pid;
    private final Duration settle;
    private final Optional<String> command;
    private final Optional<Duration> limit;
    private final Runnable decided;
    private final long start = System.nanoTime();
    private volatile State state = State.WAITING;
    private volatile String lastAnswer = "";

    /** What is known. */
    enum State {
        WAITING,
        READY,
        /** It ended first; the supervisor knows how. */
        ENDED,
        TOO_LATE
    }

    private Readiness(int pid, LifecycleOptions options, Runnable decided) {
        this.pid = pid;
        this.settle = options.settle();
        this.command = options.readyCommand();
        this.limit = options.readyLimit();
        this.decided = decided;
    }

    /** @param decided runs when the state is another one */
    static Readiness start(int pid, LifecycleOptions options, Runnable decided) {
        Readiness readiness = new Readiness(pid, options, decided);
        Thread thread = new Thread(readiness::decide, "readiness of " + pid);
        thread.setDaemon(true);
        thread.start();
        return readiness;
    }

    State state() {
        return state;
    }

    boolean isDecided() {
        return state != State.WAITING;
    }

    /** Since the start. */
    Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** Why it is not ready, for the user. */
    String reason() {
        if (command.isEmpty()) {
            return "the settle time is longer";
        }
        return "the ready command " + (lastAnswer.isEmpty() ? "gave no answer" : "failed each time, last with " + lastAnswer);
    }

    private void decide() {
        try {
            state = answer();
        } finally {
            decided.run();
        }
    }

    private State answer() {
        Duration pause = FIRST_PAUSE;
        while (command.isPresent() && !asksWell(command.get())) {
            if (isTooLate()) {
                return State.TOO_LATE;
            }
            if (Settle.endedWithin(pid, min(pause, left()))) {
                return State.ENDED;
            }
            pause = min(pause.multipliedBy(2), LONGEST_PAUSE);
        }
        Duration rest = settle.minus(elapsed());
        if (Settle.endedWithin(pid, min(rest, left()))) {
            return State.ENDED;
        }
        return rest.compareTo(left()) > 0 && isTooLate() ? State.TOO_LATE : State.READY;
    }

    private boolean asksWell(String question) {
        HelperCommand.Result answer = HelperCommand.run(question, Map.of("THAW_PID", Integer.toString(pid)), left());
        if (!answer.timedOut()) {
            String said = answer.output().strip();
            lastAnswer = "exit code " + answer.exitCode() + (said.isEmpty() ? "" : ", " + tail(said));
        }
        return answer.succeeded();
    }

    private static String tail(String text) {
        return text.length() > MOST_SAID ? "..." + text.substring(text.length() - MOST_SAID) : text;
    }

    private boolean isTooLate() {
        return limit.isPresent() && elapsed().compareTo(limit.get()) >= 0;
    }

    private Duration left() {
        return limit.map(whole -> max(whole.minus(elapsed()), Duration.ZERO)).orElse(Duration.ofDays(1));
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    private static Duration max(Duration a, Duration b) {
        return a.compareTo(b) > 0 ? a : b;
    }
}
