package dev.thaw.start;

import dev.thaw.image.Generations;
import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.List;
import java.util.Optional;

/**
 * {@code --once}: takes away from an image what says which generation counts. What its application wrote to its files afterwards is not
 * undone by another restore, and for a database that is the end of them.
 */
final class Spending {
    private Spending() {}

    /** @throws Failure with {@link ExitCode#USAGE} when there is no directory of generations, in which one counts */
    static String rootOf(Optional<String> imageRoot) {
        return imageRoot.orElseThrow(() -> Failure.of(ExitCode.USAGE, "--once is for an IMAGE of generations",
                "it removes IMAGE/" + Generations.CURRENT + ", and there is none here", "an IMAGE that thaw checkpoint has made"));
    }

    /**
     * For good, should the machine stop.
     *
     * @param imageRoot directory of generations; may be missing
     * @throws Failure when it cannot be changed; the application is not to run then
     */
    static void spend(String imageRoot) {
        try {
            FileCalls.unlink(imageRoot + "/" + Generations.CURRENT);
            try (OwnedFd directory = FileCalls.open(imageRoot, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY)) {
                FileCalls.fsync(directory.number());
            }
        } catch (LinuxException e) {
            if (!e.is(Errno.ENOENT)) {
                throw new Failure(ExitCode.FAILURE, "the image cannot be marked as used: " + imageRoot, List.of(e.getMessage()),
                        List.of("write access to it, for --once"), e);
            }
        }
    }
}
