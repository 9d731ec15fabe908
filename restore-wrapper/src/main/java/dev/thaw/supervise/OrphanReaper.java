package dev.thaw.supervise;

import dev.thaw.linux.Errno;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import java.util.Optional;

/** Reaps what the application left behind and what became our child for it (subreaper): a zombie holds its pid, which a restore may need. */
public final class OrphanReaper {
    private OrphanReaper() {}

    /** When the application has been reaped: what came of it and has ended by now. */
    public static void reapRest() {
        reap(0);
    }

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
