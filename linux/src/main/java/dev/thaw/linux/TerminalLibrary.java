package dev.thaw.linux;

/** The C library's functions on terminals. */
final class TerminalLibrary {

    int posix_openpt(int flags) { // posix_openpt(3)
        return CFunction.integer("posix_openpt", flags);
    }

    int grantpt(int fd) { // grantpt(3)
        return CFunction.integer("grantpt", fd);
    }

    int unlockpt(int fd) { // unlockpt(3)
        return CFunction.integer("unlockpt", fd);
    }

    int ptsname_r(int fd, byte[] buffer, long size) { // ptsname_r(3), returns the error number
        return CFunction.integer("ptsname_r", fd, buffer, size);
    }

    int ioctl(int fd, long request, byte[] argument) { // ioctl_tty(2)
        return CFunction.integer("ioctl", fd, request, argument);
    }

    int ioctl(int fd, long request, int[] argument) { // ioctl_tty(2)
        return CFunction.integer("ioctl", fd, request, argument);
    }

    int ioctl(int fd, long request, long argument) { // ioctl_tty(2)
        return CFunction.integer("ioctl", fd, request, argument);
    }
}
