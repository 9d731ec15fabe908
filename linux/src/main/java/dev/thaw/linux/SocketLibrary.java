package dev.thaw.linux;

import com.sun.jna.Pointer;

/** The C library's functions on sockets. */
final class SocketLibrary {

    int socket(int family, int type, int protocol) { // socket(2)
        return CFunction.integer("socket", family, type, protocol);
    }

    int socketpair(int family, int type, int protocol, int[] ends) { // socketpair(2)
        return CFunction.integer("socketpair", family, type, protocol, ends);
    }

    int bind(int fd, byte[] address, int length) { // bind(2)
        return CFunction.integer("bind", fd, address, length);
    }

    int connect(int fd, byte[] address, int length) { // connect(2)
        return CFunction.integer("connect", fd, address, length);
    }

    int listen(int fd, int backlog) { // listen(2)
        return CFunction.integer("listen", fd, backlog);
    }

    int accept4(int fd, byte[] address, int[] length, int flags) { // accept4(2)
        return CFunction.integer("accept4", fd, address, length, flags);
    }

    int shutdown(int fd, int how) { // shutdown(2)
        return CFunction.integer("shutdown", fd, how);
    }

    int getsockname(int fd, byte[] address, int[] length) { // getsockname(2)
        return CFunction.integer("getsockname", fd, address, length);
    }

    int getsockopt(int fd, int level, int name, int[] value, int[] length) { // getsockopt(2)
        return CFunction.integer("getsockopt", fd, level, name, value, length);
    }

    int setsockopt(int fd, int level, int name, int[] value, int length) { // setsockopt(2)
        return CFunction.integer("setsockopt", fd, level, name, value, length);
    }

    int setsockopt(int fd, int level, int name, long[] value, int length) { // setsockopt(2), struct timeval
        return CFunction.integer("setsockopt", fd, level, name, value, length);
    }

    long send(int fd, byte[] buffer, long length, int flags) { // send(2)
        return CFunction.word("send", fd, buffer, length, flags);
    }

    long recv(int fd, byte[] buffer, long length, int flags) { // recv(2)
        return CFunction.word("recv", fd, buffer, length, flags);
    }

    long sendmsg(int fd, Pointer message, int flags) { // sendmsg(2)
        return CFunction.word("sendmsg", fd, message, flags);
    }

    long recvmsg(int fd, Pointer message, int flags) { // recvmsg(2)
        return CFunction.word("recvmsg", fd, message, flags);
    }

    int inet_pton(int family, byte[] text, byte[] address) { // inet_pton(3)
        return CFunction.integer("inet_pton", family, text, address);
    }
}
