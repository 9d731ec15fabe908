package dev.thaw.image;

/** Kind of an open file; the numbers are those of the image (images/fdinfo.proto, fd_types). */
public enum FdType {
    REGULAR(1),
    PIPE(2),
    FIFO(3),
    INET_SOCKET(4),
    UNIX_SOCKET(5),
    EVENTFD(6),
    EVENTPOLL(7),
    INOTIFY(8),
    SIGNALFD(9),
    PACKET_SOCKET(10),
    TTY(11),
    FANOTIFY(12),
    NETLINK_SOCKET(13),
    NAMESPACE(14),
    TUN(15),
    /** Dumped by a plugin of criu; what {@code --external file[...]} gave is REGULAR. */
    EXTERNAL(16),
    TIMERFD(17),
    MEMFD(18),
    BPF_MAP(19),
    PIDFD(20),
    /** A number that thaw does not know: the image is of a newer criu. */
    UNKNOWN(0);

    private static final FdType[] BY_NUMBER = new FdType[PIDFD.number + 1];

    static {
        for (FdType type : values()) {
            BY_NUMBER[type.number] = type;
        }
    }

    private final int number;

    FdType(int number) {
        this.number = number;
    }

    /** As in the image; 0 for UNKNOWN. */
    public int number() {
        return number;
    }

    static FdType of(int number) {
        return number > 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : UNKNOWN;
    }
}
