package dev.thaw.supervise;

import dev.thaw.jvm.JvmSignal;
import dev.thaw.linux.Signals;
import java.util.function.IntConsumer;

/** Signal handlers of this JVM. */
public final class JvmSignals {
    private JvmSignals() {}

    /**
     * From now on {@code receiver} gets the signal, in a thread of its own each time.
     *
     * @return undoes it
     */
    static Runnable handle(int number, IntConsumer receiver) {
        String name = Signals.name(number).substring("SIG".length());
        try {
            Object before = JvmSignal.handle(name, () -> receiver.accept(number));
            return () -> JvmSignal.restore(name, before);
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException("this JVM lets no signal be handled: " + e, e);
        }
    }

    /** Before a handler for SIGCHLD: the JDK takes it away when it first starts a process, in the initializer of this class of its (ProcessImpl_md.c). */
    static void settleChildSignal() {
        try {
            Class.forName("java.lang.ProcessImpl");
        } catch (ClassNotFoundException anotherJdk) {
            return; // which starts processes in some other way
        }
    }
}
