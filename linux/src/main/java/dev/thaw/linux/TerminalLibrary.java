package dev.thaw.linux;

import com.sun.jna.Library;

/** The C library's functions on terminals. */
interface TerminalLibrary extends Library {

    int posix_openpt(int flags); // posix_openpt(3)

    int grantpt(int fd); // grantpt(3)

    int unlockpt(int fd); // unlockpt(3)

    int ptsname_r(int fd, byte[] buffer, long size); // ptsname_r(3), returns the error number

    int ioctl(int fd, long request, byte[] argument); // ioctl_tty(2)

    int ioctl(int fd, long request, int[] argument); // ioctl_tty(2)

    int ioctl(int fd, long request, long argument); // ioctl_tty(2)
}
