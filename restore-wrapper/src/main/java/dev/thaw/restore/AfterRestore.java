package dev.thaw.restore;

import dev.thaw.image.Manifest;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.supervise.HelperCommand;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tells that an application was restored: its operator by a command, itself by a notice.
 *
 * @param command for {@code sh -c}; its failure is the restore's
 * @param notice given last
 */
public record AfterRestore(Optional<String> command, Notice notice) {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    /** @throws Failure with {@link ExitCode#FAILURE} when the command fails; the application is still there */
    public void tell(int pid, String image, Report report) {
        command.ifPresent(text -> run(text, pid, image));
        if (!notice.isNothing()) {
            notice.tell(pid, "restored", secondsSince(image), report);
        }
    }

    private static void run(String command, int pid, String image) {
        HelperCommand.Result result =
                HelperCommand.run(command, Map.of("THAW_PID", Integer.toString(pid), "THAW_IMAGE", image, "THAW_SECONDS", secondsSince(image)), LIMIT);
        if (!result.succeeded()) {
            throw new Failure(ExitCode.FAILURE, "the command of --after-restore failed; the restored application was ended", result.because(),
                    List.of("again without it: the image is as it was"));
        }
    }

    /** By the wall clock, which may have been set; empty for images that thaw did not write. */
    private static String secondsSince(String image) {
        return Manifest.read(image).map(manifest -> Long.toString(Math.max(0, Duration.between(manifest.createdAt(), Instant.now()).toSeconds()))).orElse("");
    }
}
