package dev.thaw.checkpoint;

import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.supervise.HelperCommand;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Tells the application or its operator that a checkpoint is about to be made; without consent there is none. */
public final class BeforeCheckpoint {
    private BeforeCheckpoint() {}

    /**
     * @param command for {@code sh -c}; the pid is in {@code $THAW_PID}, the image in {@code $THAW_IMAGE}
     * @throws Failure with {@link ExitCode#FAILURE} when it fails or takes longer than {@code limit}
     */
    public static void run(String command, int pid, String image, Duration limit) {
        HelperCommand.Result result = HelperCommand.run(command, Map.of("THAW_PID", Integer.toString(pid), "THAW_IMAGE", image), limit);
        if (result.succeeded()) {
            return;
        }
        List<String> because = result.because();
        because.add("pid " + pid + " runs on, and the image is as it was");
        throw new Failure(ExitCode.FAILURE, "the command of --before-checkpoint failed, and no checkpoint was made", because,
                List.of("without --before-checkpoint, if the checkpoint matters more"));
    }
}
