package dev.thaw.linux;

import java.util.Set;

/** The signal mask of the calling thread, changed and put back (man 3 pthread_sigmask). */
final class SignalMask implements AutoCloseable {

    /** Size of {@code sigset_t}; the kernel looks at the first 8 bytes. */
    static final int SET_BYTES = 128;

    private static final int SIG_BLOCK = 0;
    private static final int SIG_UNBLOCK = 1;
    private static final int SIG_SETMASK = 2;

    private final byte[] before = new byte[SET_BYTES];

    private SignalMask(int how, byte[] set) {
        change(how, set, before);
    }

    /** Blocks one signal more until {@link #close}. */
    static SignalMask blocking(int signal) {
        return new SignalMask(SIG_BLOCK, set(Set.of(signal)));
    }

    /** Does not block this signal until {@link #close}. */
    static SignalMask unblocking(int signal) {
        return new SignalMask(SIG_UNBLOCK, set(Set.of(signal)));
    }

    /** A {@code sigset_t} of these. */
    static byte[] set(Set<Integer> signals) {
        byte[] set = new byte[SET_BYTES];
        for (int signal : signals) {
            set[(signal - 1) / 8] |= (byte) (1 << (signal - 1) % 8);
        }
        return set;
    }

    /** What the calling thread blocks, as a {@code sigset_t}. */
    static byte[] now() {
        byte[] set = new byte[SET_BYTES];
        change(SIG_BLOCK, null, set);
        return set;
    }

    /** Blocks nothing until {@link #close}. */
    static SignalMask empty() {
        return new SignalMask(SIG_SETMASK, new byte[SET_BYTES]);
    }

    @Override
    public void close() {
        change(SIG_SETMASK, before, null);
    }

    private static void change(int how, byte[] set, byte[] before) {
        int error = ProcessCalls.C.pthread_sigmask(how, set, before);
        if (error != 0) {
            throw LibC.failed(error, "pthread_sigmask(?)", how);
        }
    }
}
