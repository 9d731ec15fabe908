package dev.thaw.restore;

import dev.thaw.criu.CriuCommandLine;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import java.util.Optional;

/**
 * What criu said in a restore that failed, kept in one file for each image: a new one takes the place of the last. It lies beside the
 * generations; that of other images is a stray log, see {@link StrayLogs}.
 */
final class FailureLog {
    /** In the directory of generations. */
    static final String NAME = "last-restore-failure.log";

    private FailureLog() {}

    /**
     * @param images the images directory; the name of a stray log tells images apart
     * @return its path; empty when there is no place to write it to
     */
    static Optional<String> keep(CriuRun.Outcome outcome, WorkDirectory work, Optional<String> imageRoot, String images) {
        String text = outcome.log() + (outcome.said().isBlank() ? "" : "\n---- " + CriuCommandLine.LOG_FILE + " ends; standard error:\n" + outcome.said());
        return imageRoot.flatMap(root -> write(root + "/" + NAME, text)).or(() -> {
            Optional<String> stray = write(StrayLogs.path(work.base(), images), StrayLogs.firstLine(images) + text);
            StrayLogs.sweep(work.base());
            return stray;
        });
    }

    /** After a restore that did not fail: a stray log of the same images has nothing to say any more. */
    static void forget(WorkDirectory work, String images) {
        remove(StrayLogs.path(work.base(), images));
    }

    /** By a name of our own, as several restores of one image may fail at once. */
    private static Optional<String> write(String path, String content) {
        String temporary = path + "." + ProcessCalls.getpid();
        remove(temporary);
        // Exclusively: in /tmp somebody else may have foreseen the name.
        try (OwnedFd file = FileCalls.open(temporary, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_NOFOLLOW, 0600)) {
            FileCalls.writeFully(file.number(), KernelString.encode(content));
            FileCalls.rename(temporary, path);
            return Optional.of(path);
        } catch (LinuxException noPlace) {
            remove(temporary);
            return Optional.empty();
        }
    }

    private static void remove(String path) {
        try {
            FileCalls.unlink(path);
        } catch (LinuxException notThere) {
            return;
        }
    }
}
