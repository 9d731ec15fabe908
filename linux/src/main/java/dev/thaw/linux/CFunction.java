package dev.thaw.linux;

import com.sun.jna.Function;
import com.sun.jna.PlainCall;
import com.sun.jna.Pointer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Functions of the C library, called by name. An argument's class is its type in C: int, long, short, or a pointer for arrays and
 * {@link Pointer}. JNA's mapped interfaces do the same by a proxy class for each interface, which no class archive keeps: milliseconds of each start.
 */
final class CFunction {
    private static final Map<String, Function> BOUND = new ConcurrentHashMap<>();

    private CFunction() {}

    /** For a function that returns an int. */
    static int integer(String name, Object... arguments) {
        return PlainCall.integer(bound(name), arguments);
    }

    /** For a function that returns a long, a size or an offset. */
    static long word(String name, Object... arguments) {
        return PlainCall.word(bound(name), arguments);
    }

    /** For a function that returns a pointer; null for NULL. */
    static Pointer pointer(String name, Object... arguments) {
        return PlainCall.pointer(bound(name), arguments);
    }

    /** @throws UnsatisfiedLinkError when this C library has no such function */
    private static Function bound(String name) {
        Function function = BOUND.get(name);
        if (function == null) {
            function = LibC.library().getFunction(name);
            BOUND.put(name, function);
        }
        return function;
    }
}
