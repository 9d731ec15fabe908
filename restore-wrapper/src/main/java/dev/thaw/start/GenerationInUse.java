package dev.thaw.start;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import java.util.Optional;
import java.util.function.Supplier;

/** Keeps a generation from being removed by a checkpoint while it is being restored (flock on its directory). */
final class GenerationInUse {
    private GenerationInUse() {}

    static <T> T during(String directory, Supplier<T> restore) {
        Optional<OwnedFd> held = hold(directory);
        try {
            return restore.get();
        } finally {
            held.ifPresent(OwnedFd::close);
        }
    }

    /** Empty where there are no locks; then nobody removes it while it is read-only, either. */
    private static Optional<OwnedFd> hold(String directory) {
        try {
            OwnedFd fd = FileCalls.open(directory, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
            try {
                FileCalls.flock(fd.number(), FileCalls.LOCK_SH | FileCalls.LOCK_NB);
                return Optional.of(fd);
            } catch (LinuxException notHere) {
                fd.close();
                return Optional.empty();
            }
        } catch (LinuxException saidByWhoReadsIt) {
            return Optional.empty();
        }
    }
}
