package dev.thaw.checkpoint;

import dev.thaw.report.Durations;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.supervise.HelperCommand;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Waits until the application may be checkpointed: its caches are warm, its work is done. */
public final class ReadyCommand {
    private static final Duration PAUSE = Duration.ofMillis(100);

    private ReadyCommand() {}

    /**
     * Asks until the answer is 0.
     *
     * @param command for {@code sh -c}; the pid is in {@code $THAW_PID}
     * @return what is left of {@code limit}
     * @throws Failure with {@link ExitCode#TIME_LIMIT}
     */
    public static Duration await(String command, int pid, Duration limit) throws InterruptedException {
        Deadline deadline = Deadline.in(limit);
        String lastAnswer = "the ready command gave no answer";
        while (!deadline.passed()) {
            HelperCommand.Result answer = HelperCommand.run(command, Map.of("THAW_PID", Integer.toString(pid)), deadline.left());
            if (answer.succeeded()) {
                return deadline.left();
            }
            if (!answer.timedOut()) {
                String said = answer.output().strip();
                lastAnswer = "the ready command ended with " + answer.exitCode() + (said.isEmpty() ? "" : ": " + said);
            }
            deadline.pause(PAUSE);
        }
        throw new Failure(ExitCode.TIME_LIMIT, "pid " + pid + " was not ready for a checkpoint within " + Durations.format(limit),
                List.of(lastAnswer), List.of("--timeout with more time"));
    }
}
