package dev.thaw.linux;

import com.sun.jna.Library;

/**
 * An error number of the kernel (man 3 errno), with its name and text as the C library has them.
 *
 * @param number positive for an error, as {@code errno} holds it
 */
public record Errno(int number) {

    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int ENXIO = 6;
    public static final int E2BIG = 7;
    public static final int ENOEXEC = 8;
    public static final int EBADF = 9;
    public static final int ECHILD = 10;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int EXDEV = 18;
    public static final int ENODEV = 19;
    public static final int ENOTDIR = 20;
    public static final int EISDIR = 21;
    public static final int EINVAL = 22;
    public static final int ENFILE = 23;
    public static final int EMFILE = 24;
    public static final int ENOTTY = 25;
    public static final int ETXTBSY = 26;
    public static final int EFBIG = 27;
    public static final int ENOSPC = 28;
    public static final int ESPIPE = 29;
    public static final int EROFS = 30;
    public static final int EPIPE = 32;
    public static final int ERANGE = 34;
    public static final int ENAMETOOLONG = 36;
    public static final int ENOSYS = 38;
    public static final int ENOTEMPTY = 39;
    public static final int ELOOP = 40;
    public static final int EPROTO = 71;
    public static final int ENOTSOCK = 88;
    public static final int EMSGSIZE = 90;
    public static final int EOPNOTSUPP = 95;
    public static final int EADDRINUSE = 98;
    public static final int EADDRNOTAVAIL = 99;
    public static final int ECONNRESET = 104;
    public static final int ENOTCONN = 107;
    public static final int ETIMEDOUT = 110;
    public static final int ECONNREFUSED = 111;

    /** The symbolic name, {@code ENOENT}; {@code errno 4711} for a number that the C library does not know (man 3 strerrorname_np). */
    public String name() {
        String name = Texts.C.strerrorname_np(number);
        return name == null ? "errno " + number : name;
    }

    /** The English text, whatever the locale: {@code No such file or directory} (man 3 strerrordesc_np). */
    public String text() {
        String text = Texts.C.strerrordesc_np(number);
        return text == null ? "unknown error" : text;
    }

    /** Both, as in a message: {@code ENOENT (No such file or directory)}. */
    @Override
    public String toString() {
        return name() + " (" + text() + ")";
    }

    interface ErrorLibrary extends Library {
        String strerrorname_np(int number);

        String strerrordesc_np(int number);
    }

    // Bound at the first message, not at the first failed call: most errors are expected and never shown.
    private static final class Texts {
        private static final ErrorLibrary C = LibC.map(ErrorLibrary.class);
    }
}
