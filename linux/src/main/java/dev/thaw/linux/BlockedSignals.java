package dev.thaw.linux;

import java.util.Set;
import java.util.TreeSet;

/**
 * Signals that are blocked, and wait to be taken. The JVM unblocks HUP, INT and TERM in its threads unless it was started with {@code -Xrs}; what else
 * was blocked when it was started is blocked in all of them.
 */
public final class BlockedSignals {
    private BlockedSignals() {}

    /** Those that the calling thread blocks. */
    public static Set<Integer> current() {
        Set<Integer> blocked = new TreeSet<>();
        byte[] set = SignalMask.now();
        for (int signal = 1; signal <= Signals.SIGRTMAX; signal++) {
            if ((set[(signal - 1) / 8] >>> (signal - 1) % 8 & 1) != 0) {
                blocked.add(signal);
            }
        }
        return blocked;
    }

    /** Lets the calling thread have this signal, blocked or not; returns when it has had its effect (man 3 raise). */
    public static void deliver(int signal) {
        // To this thread alone: sent to the process, it would be taken by whoever waits for it.
        LibC.check(ProcessCalls.C.raise(signal), "raise(?)", signal);
        SignalMask.unblocking(signal).close();
    }

    /** Takes the next one; waits for it without end (man 3 sigwait). */
    public static int await(Set<Integer> signals) {
        int[] signal = new int[1];
        int error;
        do {
            error = ProcessCalls.C.sigwait(SignalMask.set(signals), signal);
        } while (error == Errno.EINTR);
        if (error != 0) {
            throw LibC.failed(error, "sigwait(?)", signals);
        }
        return signal[0];
    }
}
