package dev.thaw.check.image;

import dev.thaw.image.FileImage.InetSocket;
import dev.thaw.image.FileImage.UnixSocket;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Names for what only one process can have; the reader looks for holders under them, and the rules ask for them. */
final class Needs {
    private Needs() {}

    static String address(InetSocket socket) {
        String address = socket.sourceAddress();
        return (socket.isTcp() ? "tcp " : "udp ") + (address.indexOf(':') < 0 ? address : "[" + address + "]") + ":" + socket.sourcePort();
    }

    /** One spelling for each address: the kernel, criu and Java write those of IPv6 in three ways. */
    static String normal(String address) {
        try {
            return address.matches("[0-9a-fA-F:.]+") ? InetAddress.getByName(address).getHostAddress() : address;
        } catch (UnknownHostException notAnAddress) {
            return address;
        }
    }

    static boolean isAny(String address) {
        return address.isEmpty() || List.of("0.0.0.0", "0:0:0:0:0:0:0:0").contains(normal(address));
    }

    static String unix(UnixSocket socket) {
        return "unix " + socket.name().replace("\0", "@");
    }

    static String terminal(int index) {
        return "/dev/pts/" + index;
    }
}
