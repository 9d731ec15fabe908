package dev.thaw.linux;

/** The C library's functions on descriptors, whatever they refer to. */
final class FdLibrary {

    int close(int fd) { // close(2)
        return CFunction.integer("close", fd);
    }

    int fcntl(int fd, int command, int argument) { // fcntl(2)
        return CFunction.integer("fcntl", fd, command, argument);
    }

    int fcntl(int fd, int command, int[] owner) { // fcntl(2), struct f_owner_ex
        return CFunction.integer("fcntl", fd, command, owner);
    }

    int dup2(int from, int to) { // dup2(2)
        return CFunction.integer("dup2", from, to);
    }

    int dup3(int from, int to, int flags) { // dup3(2)
        return CFunction.integer("dup3", from, to, flags);
    }

    int pipe2(int[] ends, int flags) { // pipe2(2)
        return CFunction.integer("pipe2", ends, flags);
    }

    long tee(int from, int to, long length, int flags) { // tee(2)
        return CFunction.word("tee", from, to, length, flags);
    }

    int close_range(int first, int last, int flags) { // close_range(2)
        return CFunction.integer("close_range", first, last, flags);
    }

    int ioctl(int fd, long request, int[] value) { // ioctl_fionread(2)
        return CFunction.integer("ioctl", fd, request, value);
    }

    int memfd_create(byte[] name, int flags) { // memfd_create(2)
        return CFunction.integer("memfd_create", name, flags);
    }

    int poll(byte[] pollfds, long count, int timeoutMillis) { // poll(2)
        return CFunction.integer("poll", pollfds, count, timeoutMillis);
    }
}
