package dev.thaw.supervise;

import dev.thaw.linux.Errno;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import java.util.Optional;

/** Reaps what the application left behind and what became our child for it (subreaper): a zombie holds its pid, which a restore may need. */
final class OrphanReaper {
    private OrphanReaper() {}

    /**
     * @param application is left for the one who wants its status
     * @return false when it has to be tried again, as another child of ours is on its way
     */
    static boolean reap(int application) {
        return ReapingGate.ifFree(() -> {
            Optional<Integer> ended = ProcessCalls.peekAnyExited();
            while (ended.isPresent() && ended.get() != application) {
                reapOne(ended.get());
                ended = ProcessCalls.peekAnyExited();
            }
        });
    }

    private static void reapOne(int pid) {
        try {
            ProcessCalls.waitPid(pid, true);
        } catch (LinuxException e) {
            if (!e.is(Errno.ECHILD)) {
                throw e;
            }
        }
    }
}
