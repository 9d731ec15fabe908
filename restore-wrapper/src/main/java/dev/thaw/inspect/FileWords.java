package dev.thaw.inspect;

import dev.thaw.image.FdType;
import dev.thaw.image.FileImage;
import dev.thaw.image.RemapImage;
import dev.thaw.linux.FileStatus;
import java.util.Locale;
import java.util.Optional;

/** Words for what a descriptor refers to. */
final class FileWords {
    private static final long NO_OFFSET = -1;

    private FileWords() {}

    /** The words of {@link dev.thaw.fdbroker.DescriptorDescription#kind}, as far as the image tells one from the other. */
    static String kind(FileImage file) {
        if (file instanceof FileImage.RegularFile regular) {
            int type = regular.mode().orElse(FileStatus.S_IFREG) & FileStatus.S_IFMT;
            if (regular.path().equals("/dev/null")) {
                return "null";
            }
            return type == FileStatus.S_IFDIR ? "directory" : type == FileStatus.S_IFCHR || type == FileStatus.S_IFBLK ? "device" : "file";
        }
        if (file instanceof FileImage.Unknown unknown) {
            return "unknown(" + unknown.rawType() + ")";
        }
        FdType type = file.id().type();
        return switch (type) {
            case INET_SOCKET, UNIX_SOCKET, PACKET_SOCKET, NETLINK_SOCKET -> "socket";
            default -> type.name().toLowerCase(Locale.ROOT).replace('_', '-');
        };
    }

    /** @param key its inherit key */
    static String link(FileImage file, String key) {
        if (file instanceof FileImage.RegularFile regular) {
            return regular.path() + state(regular.remap());
        }
        if (file instanceof FileImage.Fifo fifo) {
            return fifo.file().path();
        }
        if (file instanceof FileImage.InetSocket socket) {
            String protocol = socket.isTcp() ? "tcp" : socket.isUdp() ? "udp" : "protocol " + socket.protocol();
            return "socket:[" + socket.inode() + "] " + protocol;
        }
        if (file instanceof FileImage.UnixSocket socket) {
            return key + (socket.isDatagram() ? " unix datagram" : socket.isSeqpacket() ? " unix seqpacket" : " unix stream");
        }
        if (file instanceof FileImage.Other other) {
            return other.summary();
        }
        return key.isEmpty() ? kind(file) : key;
    }

    static String state(Optional<RemapImage.Kind> remap) {
        return remap.map(kind -> kind == RemapImage.Kind.GHOST || kind == RemapImage.Kind.LINKED ? " (deleted)" : "").orElse("");
    }

    static long offset(FileImage file) {
        if (file instanceof FileImage.RegularFile regular) {
            return regular.position();
        }
        return file instanceof FileImage.Memfd memfd ? memfd.position() : NO_OFFSET;
    }
}
