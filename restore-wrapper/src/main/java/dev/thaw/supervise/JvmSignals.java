package dev.thaw.supervise;

import dev.thaw.linux.Signals;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.function.IntConsumer;

/**
 * Signal handlers by sun.misc.Signal (module jdk.unsupported), which has no successor. By reflection, as javac warns of every use of it and
 * lets nobody turn the warning off.
 */
public final class JvmSignals {
    private static final Class<?> SIGNAL = type("sun.misc.Signal");
    private static final Class<?> HANDLER = type("sun.misc.SignalHandler");

    private JvmSignals() {}

    /** Makes the class of the handlers, which no class archive keeps, and what else takes long, so that it is there when the first one is needed. */
    public static void prepare() {
        settleChildSignal();
        Proxy.newProxyInstance(HANDLER.getClassLoader(), new Class<?>[] {HANDLER}, (proxy, method, arguments) -> null);
    }

    /**
     * From now on {@code receiver} gets the signal, in a thread of its own each time.
     *
     * @return undoes it
     */
    static Runnable handle(int number, IntConsumer receiver) {
        Object handler = Proxy.newProxyInstance(HANDLER.getClassLoader(), new Class<?>[] {HANDLER}, (proxy, method, arguments) -> {
            receiver.accept(number);
            return null;
        });
        Object signal = signal(number);
        Object before = register(signal, handler);
        return () -> register(signal, before);
    }

    /** Before a handler for SIGCHLD: the JDK takes it away when it first starts a process, in the initializer of this class of its (ProcessImpl_md.c). */
    static void settleChildSignal() {
        try {
            Class.forName("java.lang.ProcessImpl");
        } catch (ClassNotFoundException anotherJdk) {
            return; // which starts processes in some other way
        }
    }

    private static Object signal(int number) {
        try {
            return SIGNAL.getConstructor(String.class).newInstance(Signals.name(number).substring("SIG".length()));
        } catch (ReflectiveOperationException e) {
            throw unusable(e);
        }
    }

    private static Object register(Object signal, Object handler) {
        try {
            return SIGNAL.getMethod("handle", SIGNAL, HANDLER).invoke(null, signal, handler);
        } catch (ReflectiveOperationException e) {
            throw unusable(e);
        }
    }

    private static Class<?> type(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw unusable(e);
        }
    }

    private static IllegalStateException unusable(ReflectiveOperationException e) {
        Throwable cause = e instanceof InvocationTargetException ? e.getCause() : e;
        return new IllegalStateException("this JVM lets no signal be handled: " + cause, cause);
    }
}
