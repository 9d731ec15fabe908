package dev.thaw.supervise;

/** Decides about a signal before it is passed on to the application. */
@FunctionalInterface
public interface SignalTaker {
    /**
     * Must not wait.
     *
     * @param pid of the application
     * @return whether the signal is not to be passed on
     */
    boolean takes(int signal, int pid);

    /** Passes everything on. */
    static SignalTaker none() {
        return (signal, pid) -> false;
    }
}
