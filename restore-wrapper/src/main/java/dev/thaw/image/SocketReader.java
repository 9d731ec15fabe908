package dev.thaw.image;

import dev.thaw.image.FileImage.InetSocket;
import dev.thaw.image.FileImage.UnixSocket;
import dev.thaw.image.proto.InetSkEntry;
import dev.thaw.image.proto.UnixSkEntry;
import java.util.Optional;
import java.util.OptionalInt;

/** Decodes the sockets of files.img that thaw can hand over. */
final class SocketReader {

    private SocketReader() {
    }

    static UnixSocket unix(FileId id, UnixSkEntry socket) {
        return new UnixSocket(id, Integer.toUnsignedLong(socket.getIno()), socket.getType(), socket.getState(), socket.getFlags(),
            socket.getUflags(), Integer.toUnsignedLong(socket.getPeer()), name(Text.of(socket.getName())), socket.getBacklog(),
            socket.getShutdown(),
            socket.hasNameDir() ? Optional.of(Text.of(socket.getNameDir())) : Optional.empty(),
            socket.getDeleted(),
            socket.hasNsId() ? OptionalInt.of(socket.getNsId()) : OptionalInt.empty(),
            FileReader.owner(socket.getFown()));
    }

    /** Paths are recorded with the NUL that ends them; of an abstract name each byte counts. */
    private static String name(String recorded) {
        boolean path = !recorded.isEmpty() && recorded.charAt(0) != 0;
        int end = recorded.indexOf(0);
        return path && end > 0 ? recorded.substring(0, end) : recorded;
    }

    static InetSocket inet(FileId id, InetSkEntry socket) {
        return new InetSocket(id, Integer.toUnsignedLong(socket.getIno()), socket.getFamily(), socket.getType(), socket.getProto(),
            socket.getState(), Text.address(socket.getSrcAddrList()), socket.getSrcPort(), Text.address(socket.getDstAddrList()),
            socket.getDstPort(), socket.getFlags(), socket.getBacklog(), socket.getShutdown(),
            socket.hasNsId() ? OptionalInt.of(socket.getNsId()) : OptionalInt.empty(),
            FileReader.owner(socket.getFown()));
    }
}
