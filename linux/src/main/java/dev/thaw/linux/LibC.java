package dev.thaw.linux;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.util.Arrays;

/** How this module reaches the C library (by JNA), and what every call needs: the error number read at once, arguments as C strings. */
final class LibC {

    static {
        // Without a value JNA runs ldconfig through the shell of the JDK to find libraries: a child nobody asked for, and 10 ms.
        // The C library is in the process already, so nothing has to be found.
        if (System.getProperty("jna.platform.library.path") == null) {
            System.setProperty("jna.platform.library.path", "/usr/lib");
        }
    }

    /** Asked for once: JNA looks for it by all its options each time. */
    private static final NativeLibrary PROCESS = NativeLibrary.getProcess();

    private LibC() {
    }

    /** The C library of this process, which is there already. */
    static NativeLibrary library() {
        return PROCESS;
    }

    /** Maps an interface to the C library of this process; its functions are bound at their first use. For what is called rarely; see {@link CFunction}. */
    static <T extends Library> T map(Class<T> family) {
        return Native.load(family);
    }

    /** Whether the call that just returned {@code result} has to be repeated because a signal came. */
    static boolean interrupted(long result) {
        return result < 0 && Native.getLastError() == Errno.EINTR;
    }

    /** Error number of this thread's latest call. */
    static int errno() {
        return Native.getLastError();
    }

    /**
     * Throws when the call that just returned {@code result} failed.
     *
     * @param call the call as C, with a question mark for each of {@code arguments}; strings among them are quoted
     */
    static void check(long result, String call, Object... arguments) {
        if (result < 0) {
            throw failed(errno(), call, arguments);
        }
    }

    /** The exception for this thread's latest call, described as in {@link #check}. */
    static LinuxException failed(String call, Object... arguments) {
        return failed(errno(), call, arguments);
    }

    /** The exception for a function that returned its error number, described as in {@link #check}. */
    static LinuxException failed(int errno, String call, Object... arguments) {
        StringBuilder text = new StringBuilder();
        int next = 0;
        for (char c : call.toCharArray()) {
            if (c != '?') {
                text.append(c);
            } else {
                Object argument = arguments[next++];
                text.append(argument instanceof String string ? quoted(string) : argument);
            }
        }
        return new LinuxException(text.toString(), new Errno(errno));
    }

    static String quoted(String text) {
        return '"' + KernelString.printable(text) + '"';
    }

    /**
     * {@code text} as a C string.
     *
     * @throws IllegalArgumentException when it contains NUL, which would silently cut it off
     */
    static byte[] cString(String text) {
        byte[] bytes = KernelString.encode(text);
        for (byte b : bytes) {
            if (b == 0) {
                throw new IllegalArgumentException("NUL inside " + quoted(text));
            }
        }
        return Arrays.copyOf(bytes, bytes.length + 1);
    }

    /** The C string that starts a buffer filled by the kernel. */
    static String fromBuffer(byte[] buffer) {
        int length = 0;
        while (length < buffer.length && buffer[length] != 0) {
            length++;
        }
        return KernelString.decode(buffer, 0, length);
    }

    /** A flag word for a message. */
    static Object hex(long flags) {
        return word("0x" + Long.toHexString(flags));
    }

    /** Text that stands in a message without quotes. */
    static Object word(String text) {
        return new StringBuilder(text);
    }
}
