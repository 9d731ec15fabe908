package dev.thaw.checkpoint;

import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.SocketDiagnostics.UnixSocket;
import dev.thaw.linux.proc.TcpSocket;
import java.util.Objects;
import java.util.Optional;

/**
 * A descriptor of a living process, with what decides whether and how criu can dump it.
 *
 * @param specialDevice number of the device that a device node stands for, 0 for other files
 * @param sizeBytes of the file
 * @param links names that the file has
 * @param place where its path leads
 * @param socket empty for other kinds
 */
public record ScannedDescriptor(
        DescriptorDescription description,
        long specialDevice,
        long sizeBytes,
        long links,
        Place place,
        FdExtras extras,
        Optional<Socket> socket) {

    /** Where the path of a file leads now. */
    public enum Place {
        /** It has none: a pipe, a socket, an anonymous inode. */
        NO_PATH,
        /** To this file. */
        THERE,
        /** The name was removed, or another file was renamed to it. */
        DELETED,
        /** To another file or to none although the name was not removed: something is mounted over it. */
        HIDDEN,
        /** Its mount is not among those that the root process sees: detached, or of another mount namespace. */
        OTHER_MOUNT
    }

    /**
     * @param protocol in the kernel's words, {@code TCP}, {@code UNIX-STREAM}; empty when it does not tell
     * @param unix set for a unix socket
     * @param peer the unix socket that it is connected to
     * @param tcp set for a TCP socket that listens or is part of a connection
     * @param unreadBytes that have come in, of a datagram or netlink socket; 0 for others
     */
    public record Socket(String protocol, Optional<UnixSocket> unix, Optional<UnixSocket> peer, Optional<TcpSocket> tcp, long unreadBytes) {
        public Socket(String protocol, Optional<UnixSocket> unix, Optional<UnixSocket> peer, Optional<TcpSocket> tcp) {
            this(protocol, unix, peer, tcp, 0);
        }

        public boolean isTcp() {
            return protocol.equals("TCP") || protocol.equals("TCPv6");
        }
    }

    public ScannedDescriptor {
        Objects.requireNonNull(description, "description is null");
        Objects.requireNonNull(place, "place is null");
        Objects.requireNonNull(extras, "extras is null");
    }

    public int fd() {
        return description.fd();
    }

    public String kind() {
        return description.kind();
    }

    ScannedDescriptor withExtras(FdExtras others) {
        return new ScannedDescriptor(description, specialDevice, sizeBytes, links, place, others, socket);
    }

    /** The number in {@code /dev/pts} of a pty slave; -1 for anything else. */
    public int slaveIndex() {
        int major = FileStatus.major(specialDevice);
        boolean slave = kind().equals("tty") && major >= 136 && major <= 143;
        return slave ? (major - 136 << 8) + FileStatus.minor(specialDevice) : -1;
    }

    /** {@code /dev/tty}: whatever terminal controls the process that opened it. */
    public boolean isControllingTerminal() {
        return kind().equals("tty") && specialDevice == FileStatus.device(5, 0);
    }

    /** {@code major:minor} of a device node. */
    public String deviceNumbers() {
        return FileStatus.major(specialDevice) + ":" + FileStatus.minor(specialDevice);
    }

    /** {@code fd 5 of pid 4021 (postgres): pipe:[81734]}. */
    public String text(ScannedProcess process) {
        return "fd " + fd() + " of " + process.text() + ": " + description.link();
    }
}
