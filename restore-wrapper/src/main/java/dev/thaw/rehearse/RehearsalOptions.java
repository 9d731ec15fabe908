package dev.thaw.rehearse;

import dev.thaw.plan.RestoreOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * What is to be rehearsed.
 *
 * @param readyCommand for {@code sh -c}: 0 when the application may be dumped
 * @param readyOutput found in what it writes
 * @param readyPort on 127.0.0.1, accepts a connection
 * @param between for {@code sh -c}, when nothing of it runs
 * @param probe for {@code sh -c}: 0 when the application is well
 * @param image where the checkpoints stay; empty for a temporary place
 * @param limit for each step
 * @param settle how long it has to live after a restore
 * @param compareExit whether it is run once without a checkpoint first, and ended, to compare how it ends
 * @param restore what a restore is told beyond the streams
 */
public record RehearsalOptions(List<String> command, Optional<String> readyCommand, Optional<Pattern> readyOutput, OptionalInt readyPort, List<Change> changes,
        Optional<String> between, Optional<String> probe, int cycles, Optional<String> image, Duration limit, Duration settle, boolean compareExit,
        RestoreOptions restore) {
    public RehearsalOptions {
        command = List.copyOf(command);
        changes = List.copyOf(changes);
    }
}
