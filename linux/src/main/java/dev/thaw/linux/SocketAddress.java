package dev.thaw.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The structs {@code sockaddr_un}, {@code sockaddr_in} and {@code sockaddr_in6} as bytes (man 7 unix, ip, ipv6). */
final class SocketAddress {

    static final int UNIX_PATH_BYTES = 108;
    static final int IN_BYTES = 16;
    static final int IN6_BYTES = 28;

    private SocketAddress() {
    }

    /** A path, or an abstract name when it starts with NUL. ENAMETOOLONG when it does not fit. */
    static byte[] unix(String path) {
        boolean isAbstract = path.startsWith("\0");
        byte[] name = isAbstract ? KernelString.encode(path) : LibC.cString(path);
        if (name.length > UNIX_PATH_BYTES) {
            throw LibC.failed(Errno.ENAMETOOLONG, "sockaddr_un(?)", path);
        }
        return ByteBuffer.allocate(2 + name.length).order(ByteOrder.nativeOrder()).putShort((short) SocketCalls.AF_UNIX).put(name).array();
    }

    /** An IPv4 or IPv6 literal; EINVAL for a name, as nothing is looked up. */
    static byte[] inet(String host, int port) {
        byte[] text = LibC.cString(host);
        byte[] v4 = new byte[4];
        if (SocketCalls.C.inet_pton(SocketCalls.AF_INET, text, v4) == 1) {
            return start(IN_BYTES, SocketCalls.AF_INET, port).put(v4).array();
        }
        byte[] v6 = new byte[16];
        if (SocketCalls.C.inet_pton(SocketCalls.AF_INET6, text, v6) == 1) {
            return start(IN6_BYTES, SocketCalls.AF_INET6, port).putInt(0).put(v6).array();
        }
        throw LibC.failed(Errno.EINVAL, "inet_pton(?)", host);
    }

    static int familyOf(byte[] address) {
        return ByteBuffer.wrap(address).order(ByteOrder.nativeOrder()).getShort(0);
    }

    /** The port stands at the same place for both families, in network order. */
    static int portOf(byte[] address) {
        return ByteBuffer.wrap(address).getShort(2) & 0xffff;
    }

    private static ByteBuffer start(int bytes, int family, int port) {
        ByteBuffer struct = ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder()).putShort((short) family);
        return struct.put((byte) (port >> 8)).put((byte) port);
    }
}
