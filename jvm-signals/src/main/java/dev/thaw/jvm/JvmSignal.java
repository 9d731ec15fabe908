package dev.thaw.jvm;

import sun.misc.Signal;
import sun.misc.SignalHandler;

/** A handler for a signal of this JVM, by sun.misc.Signal (module jdk.unsupported), which has no successor. */
public final class JvmSignal implements SignalHandler {
    private final Runnable receiver;

    private JvmSignal(Runnable receiver) {
        this.receiver = receiver;
    }

    /**
     * From now on {@code receiver} is run for each such signal, in a thread of its own each time.
     *
     * @param name without SIG
     * @return the handler that was there before
     * @throws IllegalArgumentException when the JVM or its options keep the signal to themselves
     */
    public static Object handle(String name, Runnable receiver) {
        return Signal.handle(new Signal(name), new JvmSignal(receiver));
    }

    /** Undoes {@link #handle}. */
    public static void restore(String name, Object before) {
        Signal.handle(new Signal(name), (SignalHandler) before);
    }

    @Override
    public void handle(Signal signal) {
        receiver.run();
    }
}
