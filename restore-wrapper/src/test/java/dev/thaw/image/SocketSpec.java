package dev.thaw.image;

import dev.thaw.image.proto.FileEntry;
import dev.thaw.image.proto.InetSkEntry;
import dev.thaw.image.proto.UnixSkEntry;
import java.util.List;
import java.util.function.UnaryOperator;

/** A unix socket of an {@link ImageBuilder}, or an IPv4 one that listens. */
public final class SocketSpec extends FileSpec {

    private static final int STREAM = 1;
    private static final int DATAGRAM = 2;
    private static final int SEQPACKET = 5;
    private static final int ESTABLISHED = 1;
    private static final int CLOSED = 7;
    private static final int LISTENING = 10;

    private SocketSpec(FileEntry.Builder entry) {
        super(entry);
    }

    static SocketSpec unix(int id, long inode) {
        return new SocketSpec(FileEntry.newBuilder().setType(FdType.UNIX_SOCKET.number()).setId(id)
            .setUsk(UnixSkEntry.newBuilder().setId(id).setIno((int) inode).setType(STREAM).setState(ESTABLISHED).setFlags(2).setUflags(0)
                .setBacklog(0).setPeer(0).setFown(NOBODY).setName(ImageEncoding.bytes(""))));
    }

    static SocketSpec listener(int id, long inode, int port) {
        return new SocketSpec(FileEntry.newBuilder().setType(FdType.INET_SOCKET.number()).setId(id)
            .setIsk(InetSkEntry.newBuilder().setId(id).setIno((int) inode).setFamily(2).setType(STREAM).setProto(6).setState(LISTENING)
                .setSrcPort(port).setDstPort(0).setFlags(2).setBacklog(128).addSrcAddr(0).addDstAddr(0).setFown(NOBODY)));
    }

    public SocketSpec datagram() {
        return unix(socket -> socket.setType(DATAGRAM).setState(CLOSED));
    }

    public SocketSpec seqpacket() {
        return unix(socket -> socket.setType(SEQPACKET));
    }

    public SocketSpec listening() {
        return unix(socket -> socket.setState(LISTENING).setBacklog(5));
    }

    /** @param inode of the other end */
    public SocketSpec peer(long inode) {
        return unix(socket -> socket.setPeer((int) inode));
    }

    /** A path, recorded as criu does with NUL at the end, or with NUL in front an abstract name. */
    public SocketSpec name(String name) {
        return unix(socket -> socket.setName(ImageEncoding.bytes(name.startsWith("\0") ? name : name + "\0")));
    }

    /** The stand-in for a peer outside the tree. */
    public SocketSpec externPlaceholder() {
        return unix(socket -> socket.setUflags(1).setType(DATAGRAM).setState(LISTENING));
    }

    /** @param address four bytes a word, as they lie in memory; one word or four */
    public SocketSpec source(Integer... address) {
        entry.setIsk(entry.getIsk().toBuilder().clearSrcAddr().addAllSrcAddr(List.of(address)));
        return this;
    }

    public SocketSpec shutdown(int how) {
        return unix(socket -> socket.setShutdown(how));
    }

    private SocketSpec unix(UnaryOperator<UnixSkEntry.Builder> edit) {
        entry.setUsk(edit.apply(entry.getUsk().toBuilder()));
        return this;
    }
}
