package dev.thaw.checkpoint;

import dev.thaw.report.Report;
import dev.thaw.restore.Notice;
import dev.thaw.supervise.HelperCommand;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Tells that an application was checkpointed and runs on: its operator by a command, itself by a notice. The checkpoint counts whatever comes of
 * that.
 *
 * @param command for {@code sh -c}
 * @param notice given last; the image knows nothing of it
 */
public record AfterCheckpoint(Optional<String> command, Notice notice) {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    public boolean isNothing() {
        return command.isEmpty() && notice.isNothing();
    }

    public void tell(Checkpoint made, int pid, Report report) {
        String seconds = secondsStopped(made.manifest().frozenMicros());
        command.ifPresent(text -> run(text, Map.of("THAW_PID", Integer.toString(pid), "THAW_IMAGE", made.generation().directory(), "THAW_SECONDS", seconds), report));
        notice.tell(pid, "checkpointed", seconds, report);
    }

    private static void run(String command, Map<String, String> variables, Report report) {
        HelperCommand.Result result = HelperCommand.run(command, variables, LIMIT);
        if (!result.succeeded()) {
            report.warning("the command of --after-checkpoint failed; the checkpoint is there", result.because(), List.of());
        }
    }

    /** As criu says it; empty where it does not. */
    private static String secondsStopped(long micros) {
        return micros == 0 ? "" : String.format(Locale.ROOT, "%.3f", micros / 1e6);
    }
}
