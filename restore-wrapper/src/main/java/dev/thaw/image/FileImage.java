package dev.thaw.image;

import dev.thaw.linux.OpenFlags;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** One open file description, or one that is only mapped or executed; every entry of files.img becomes one of these, none is dropped. */
public sealed interface FileImage {

    FileId id();

    /** Open flags (man 2 open) without O_CLOEXEC, as recorded, O_LARGEFILE among them; 0 where the kind has none. */
    int flags();

    /** Who gets SIGIO. */
    Owner owner();

    default boolean isReadable() {
        return (flags() & OpenFlags.O_ACCMODE) != OpenFlags.O_WRONLY;
    }

    default boolean isWritable() {
        return (flags() & OpenFlags.O_ACCMODE) != OpenFlags.O_RDONLY;
    }

    default boolean isAppend() {
        return (flags() & OpenFlags.O_APPEND) != 0;
    }

    /**
     * A file, directory or device node opened by path (images/regfile.proto).
     *
     * @param position bytes; -1: restore does not seek
     * @param path as in the image: {@code /x/y}, {@code file[..]} when external; of a deleted file without suffix
     * @param mountId of the dumped mount namespace, -1 when none was dumped
     * @param size bytes that restore compares, where it was recorded
     * @param external dumped with {@code --external file[..]}
     * @param mode type and permissions that restore compares, where they were recorded
     * @param buildId of an ELF file, lower-case hexadecimal
     * @param remap set when the path was not there any more at the dump
     */
    record RegularFile(FileId id, int flags, long position, Owner owner, String path, int mountId, OptionalLong size, boolean external,
                       OptionalInt mode, Optional<String> buildId, Optional<RemapImage.Kind> remap) implements FileImage {

        /** Value of {@code position}. */
        public static final long NO_SEEK = -1;
    }

    /**
     * One end of a pipe (images/pipe.proto).
     *
     * @param pipeId inode of the pipe; both ends have it
     */
    record PipeEnd(FileId id, long pipeId, int flags, Owner owner) implements FileImage {

        public boolean isReader() {
            return isReadable();
        }

        public boolean isWriter() {
            return isWritable();
        }
    }

    /**
     * A named pipe (images/fifo.proto).
     *
     * @param pipeId inode
     * @param file the entry that has its path, flags and owner
     */
    record Fifo(FileId id, long pipeId, RegularFile file) implements FileImage {

        @Override
        public int flags() {
            return file.flags();
        }

        @Override
        public Owner owner() {
            return file.owner();
        }
    }

    /**
     * A unix socket, or the stand-in for a peer outside the tree, which no descriptor refers to (images/sk-unix.proto).
     *
     * @param inode of this end
     * @param type SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET
     * @param state 1 established, 7 closed, 10 listening
     * @param uflags criu's own flags: 1 extern, 2 service, 4 callback, 8 inherit
     * @param peer inode of the peer, 0 for none
     * @param name path, or with NUL in front an abstract name, or empty
     * @param shutdown 1: reading, 2: writing, 3: both have ended
     * @param directory what a relative name is relative to
     * @param deleted the name had been removed
     * @param nsId number of the network namespace
     */
    record UnixSocket(FileId id, long inode, int type, int state, int flags, int uflags, long peer, String name, int backlog, int shutdown,
                      Optional<String> directory, boolean deleted, OptionalInt nsId, Owner owner) implements FileImage {

        private static final int STREAM = 1;
        private static final int DATAGRAM = 2;
        private static final int SEQPACKET = 5;
        private static final int LISTENING = 10;
        private static final int ESTABLISHED = 1;
        private static final int USK_EXTERN = 1;

        /** Whether this is only the stand-in for a peer outside the tree; its type and state are then not the peer's. */
        public boolean isExternPlaceholder() {
            return (uflags & USK_EXTERN) != 0;
        }

        public boolean isListening() {
            return state == LISTENING && !isExternPlaceholder();
        }

        public boolean isDatagram() {
            return type == DATAGRAM;
        }

        public boolean isStream() {
            return type == STREAM;
        }

        public boolean isSeqpacket() {
            return type == SEQPACKET;
        }

        /** Connected once, and the peer is gone: criu hangs when such a socket is inherited. */
        public boolean isHalfClosed() {
            return !isDatagram() && state == ESTABLISHED && peer == 0;
        }

        public boolean isAbstract() {
            return !name.isEmpty() && name.charAt(0) == 0;
        }
    }

    /**
     * An IPv4 or IPv6 socket (images/sk-inet.proto).
     *
     * @param inode of the socket
     * @param family 2 AF_INET, 10 AF_INET6
     * @param type SOCK_STREAM, SOCK_DGRAM, ...
     * @param protocol 6 TCP, 17 UDP, ...
     * @param state as the kernel's TCP states: 1 established, 7 closed, 10 listening
     * @param sourceAddress numeric; empty when none was recorded
     * @param shutdown 1: reading, 2: writing, 3: both have ended
     * @param nsId number of the network namespace
     */
    record InetSocket(FileId id, long inode, int family, int type, int protocol, int state, String sourceAddress, int sourcePort,
                      String destAddress, int destPort, int flags, int backlog, int shutdown, OptionalInt nsId, Owner owner)
        implements FileImage {

        private static final int TCP = 6;
        private static final int UDP = 17;
        private static final int LISTENING = 10;
        private static final int ESTABLISHED = 1;

        public boolean isTcp() {
            return protocol == TCP;
        }

        public boolean isUdp() {
            return protocol == UDP;
        }

        public boolean isListening() {
            return isTcp() && state == LISTENING;
        }

        public boolean isEstablished() {
            return isTcp() && state == ESTABLISHED;
        }
    }

    /**
     * A terminal (images/tty.proto).
     *
     * @param infoId key into {@link ImageSnapshot#ttys()}
     * @param regularFileId id of the REGULAR entry of its node; criu restores none without, except by key
     */
    record Tty(FileId id, int infoId, int flags, Owner owner, OptionalInt regularFileId) implements FileImage {
    }

    /**
     * A memory file (images/memfd.proto).
     *
     * @param position bytes
     * @param inodeId key into {@link ImageSnapshot#memfds()}
     */
    record Memfd(FileId id, int flags, long position, int inodeId, Owner owner) implements FileImage {
    }

    /** An epoll instance (images/eventpoll.proto). */
    record Eventpoll(FileId id, int flags, List<Watched> watched, Owner owner) implements FileImage {

        /**
         * A descriptor that it watches, under the number it had when it was added.
         *
         * @param events EPOLLIN, ...
         * @param data what the application gets back
         * @param inode of the file, 0 when not recorded
         */
        public record Watched(int fd, int events, long data, long inode) {
        }

        public Eventpoll {
            watched = List.copyOf(watched);
        }
    }

    /**
     * Of a kind that criu restores without help: eventfd, timerfd, signalfd, inotify, netlink, ...
     *
     * @param summary for people: {@code eventfd, counter 3}
     */
    record Other(FileId id, int flags, FdType type, String summary, Owner owner) implements FileImage {
    }

    /**
     * Of a kind that thaw does not know.
     *
     * @param rawType the number in the image
     */
    record Unknown(FileId id, int rawType) implements FileImage {

        @Override
        public int flags() {
            return 0;
        }

        @Override
        public Owner owner() {
            return Owner.NONE;
        }
    }
}
