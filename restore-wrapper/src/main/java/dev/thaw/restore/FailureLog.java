package dev.thaw.restore;

import dev.thaw.criu.CriuCommandLine;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import java.util.Optional;

/** What criu said in a restore that failed, kept in one file for each image: a new one takes the place of the last. */
final class FailureLog {
    /** In the directory of generations. */
    static final String NAME = "last-restore-failure.log";

    private FailureLog() {}

    /**
     * @param images the images directory; the name of a log that cannot lie beside it tells images apart
     * @return its path; empty when there is no place to write it to
     */
    static Optional<String> keep(CriuRun.Outcome outcome, WorkDirectory work, Optional<String> imageRoot, String images) {
        String text = outcome.log() + (outcome.said().isBlank() ? "" : "\n---- " + CriuCommandLine.LOG_FILE + " ends; standard error:\n" + outcome.said());
        byte[] content = KernelString.encode(text);
        String fallback = work.path().substring(0, work.path().lastIndexOf('/')) + "/thaw-" + String.format("%08x", images.hashCode()) + "-" + NAME;
        return imageRoot.flatMap(root -> write(root + "/" + NAME, content)).or(() -> write(fallback, content));
    }

    /** By a name of our own, as several restores of one image may fail at once. */
    private static Optional<String> write(String path, byte[] content) {
        String temporary = path + "." + ProcessCalls.getpid();
        remove(temporary);
        // Exclusively: in /tmp somebody else may have foreseen the name.
        try (OwnedFd file = FileCalls.open(temporary, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_NOFOLLOW, 0600)) {
            FileCalls.writeFully(file.number(), content);
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
