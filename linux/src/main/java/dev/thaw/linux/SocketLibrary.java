package dev.thaw.linux;

import com.sun.jna.Library;
import com.sun.jna.Pointer;

/** The C library's functions on sockets. */
interface SocketLibrary extends Library {

    int socket(int family, int type, int protocol); // socket(2)

    int socketpair(int family, int type, int protocol, int[] ends); // socketpair(2)

    int bind(int fd, byte[] address, int length); // bind(2)

    int connect(int fd, byte[] address, int length); // connect(2)

    int listen(int fd, int backlog); // listen(2)

    int accept4(int fd, byte[] address, int[] length, int flags); // accept4(2)

    int shutdown(int fd, int how); // shutdown(2)

    int getsockname(int fd, byte[] address, int[] length); // getsockname(2)

    int getsockopt(int fd, int level, int name, int[] value, int[] length); // getsockopt(2)

    int setsockopt(int fd, int level, int name, int[] value, int length); // setsockopt(2)

    int setsockopt(int fd, int level, int name, long[] value, int length); // setsockopt(2), struct timeval

    long send(int fd, byte[] buffer, long length, int flags); // send(2)

    long recv(int fd, byte[] buffer, long length, int flags); // recv(2)

    long sendmsg(int fd, Pointer message, int flags); // sendmsg(2)

    long recvmsg(int fd, Pointer message, int flags); // recvmsg(2)

    int inet_pton(int family, byte[] text, byte[] address); // inet_pton(3)
}
