package com.sun.jna;

/**
 * Calls of C functions as {@link Function} makes them, without its look at each argument for what has to be converted before and copied back after: in a JVM
 * that has just started that takes longer than most system calls. In this package because JNA keeps the way in to itself.
 *
 * <p>For arguments that JNA passes on as they are: Integer, Long, Short, Byte, arrays of these primitive types, {@link Pointer}, null.
 */
public final class PlainCall {
    private PlainCall() {}

    /** Of a function that returns an int. */
    public static int integer(Function function, Object... arguments) {
        return Native.invokeInt(function, function.peer, function.callFlags, arguments);
    }

    /** Of a function that returns a long, a size or an offset. */
    public static long word(Function function, Object... arguments) {
        return Native.invokeLong(function, function.peer, function.callFlags, arguments);
    }

    /** Of a function that returns a pointer; null for NULL. */
    public static Pointer pointer(Function function, Object... arguments) {
        long address = Native.invokePointer(function, function.peer, function.callFlags, arguments);
        return address == 0 ? null : new Pointer(address);
    }
}
