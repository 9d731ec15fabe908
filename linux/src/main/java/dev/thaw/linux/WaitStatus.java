package dev.thaw.linux;

/** How a process ended. */
public sealed interface WaitStatus {

    /** The code a shell would report: the exit code itself, or 128 + n for signal n. */
    int exitCode();

    /** @param code 0-255 */
    record Exited(int code) implements WaitStatus {
        @Override
        public int exitCode() {
            return code;
        }
    }

    /**
     * @param signal number of the signal that ended it
     * @param coreDumped whether a core file was written
     */
    record Signaled(int signal, boolean coreDumped) implements WaitStatus {
        @Override
        public int exitCode() {
            return 128 + signal;
        }
    }

    /**
     * Reads a status word as wait(2) gives it and as the last field of {@code /proc/PID/stat} shows it.
     *
     * @throws IllegalArgumentException for the status of a process that was stopped, not ended
     */
    static WaitStatus ofRaw(int rawWaitStatus) {
        int signal = rawWaitStatus & 0x7f;
        if (signal == 0x7f) {
            throw new IllegalArgumentException("a stopped process has not ended: status 0x" + Integer.toHexString(rawWaitStatus));
        }
        return signal == 0 ? new Exited(rawWaitStatus >> 8 & 0xff) : new Signaled(signal, (rawWaitStatus & 0x80) != 0);
    }
}
