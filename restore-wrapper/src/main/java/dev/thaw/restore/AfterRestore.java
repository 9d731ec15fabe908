package dev.thaw.restore;

import dev.thaw.image.Manifest;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.StatusFile;
import dev.thaw.report.Durations;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.supervise.HelperCommand;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Tells that an application was restored: its operator by a command, itself by a line or a signal.
 *
 * @param command for {@code sh -c}; its failure is the restore's
 * @param descriptor of the root process, a pipe or FIFO, which gets a line
 * @param signal for the root process; sent last, so that its handler finds the line
 */
public record AfterRestore(Optional<String> command, OptionalInt descriptor, OptionalInt signal) {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    public static final AfterRestore NOTHING = new AfterRestore(Optional.empty(), OptionalInt.empty(), OptionalInt.empty());

    /** @throws Failure with {@link ExitCode#FAILURE} when the command fails; the application is still there */
    public void tell(int pid, String image, Report report) {
        command.ifPresent(text -> run(text, pid, image));
        descriptor.ifPresent(number -> NoticeLine.write(number, pid, secondsSince(image), report));
        signal.ifPresent(number -> send(number, pid, report));
    }

    private static void run(String command, int pid, String image) {
        HelperCommand.Result result =
                HelperCommand.run(command, Map.of("THAW_PID", Integer.toString(pid), "THAW_IMAGE", image, "THAW_SECONDS", secondsSince(image)), LIMIT);
        if (!result.succeeded()) {
            List<String> because = new ArrayList<>();
            because.add(result.timedOut() ? "it had not ended after " + Durations.format(LIMIT) : "its exit code is " + result.exitCode());
            if (!result.output().isBlank()) {
                because.add("it said: " + result.output().strip());
            }
            throw new Failure(ExitCode.FAILURE, "the command of --after-restore failed; the restored application was ended", because,
                    List.of("again without it: the image is as it was"));
        }
    }

    /** By the wall clock, which may have been set; empty for images that thaw did not write. */
    private static String secondsSince(String image) {
        return Manifest.read(image).map(manifest -> Long.toString(Math.max(0, Duration.between(manifest.createdAt(), Instant.now()).toSeconds()))).orElse("");
    }

    private static void send(int number, int pid, Report report) {
        StatusFile status = StatusFile.read(pid);
        if (status.caughtSignals().contains(number) || status.ignoredSignals().contains(number)) {
            ProcessCalls.kill(pid, number);
        } else {
            report.warning(Signals.name(number) + " was not sent to pid " + pid, List.of("it has no handler for it, so that the signal could end it"),
                    List.of("without --notify-signal"));
        }
    }
}
