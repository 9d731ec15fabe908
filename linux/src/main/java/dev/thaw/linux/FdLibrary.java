package dev.thaw.linux;

import com.sun.jna.Library;

/** The C library's functions on descriptors, whatever they refer to. */
interface FdLibrary extends Library {

    int close(int fd); // close(2)

    int fcntl(int fd, int command, int argument); // fcntl(2)

    int fcntl(int fd, int command, int[] owner); // fcntl(2), struct f_owner_ex

    int dup2(int from, int to); // dup2(2)

    int dup3(int from, int to, int flags); // dup3(2)

    int pipe2(int[] ends, int flags); // pipe2(2)

    long tee(int from, int to, long length, int flags); // tee(2)

    int close_range(int first, int last, int flags); // close_range(2)

    int ioctl(int fd, long request, int[] value); // ioctl_fionread(2)

    int memfd_create(byte[] name, int flags); // memfd_create(2)

    int poll(byte[] pollfds, long count, int timeoutMillis); // poll(2)
}
