package dev.thaw.supervise;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import java.time.Duration;

/** Watches a process for a while: one that dies right after it came up has not come up. */
public final class Settle {
    private Settle() {}

    /** Whether the process ended within {@code limit}; it is not reaped. */
    public static boolean endedWithin(int pid, Duration limit) {
        try (OwnedFd pidfd = ProcessCalls.pidfdOpen(pid)) {
            return FdCalls.poll(new int[] {pidfd.number()}, FdCalls.POLLIN, Math.max(0, limit.toMillis()))[0] != 0;
        } catch (LinuxException e) {
            if (e.is(Errno.ESRCH)) {
                return true;
            }
            throw e;
        }
    }
}
