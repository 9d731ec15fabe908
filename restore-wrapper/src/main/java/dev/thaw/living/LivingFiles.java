package dev.thaw.living;

import dev.thaw.checkpoint.FdExtras.Watched;
import dev.thaw.checkpoint.ScannedDescriptor;
import dev.thaw.checkpoint.ScannedDescriptor.Place;
import dev.thaw.checkpoint.ScannedProcess;
import dev.thaw.image.FdType;
import dev.thaw.image.FileId;
import dev.thaw.image.FileImage;
import dev.thaw.image.FileImage.RegularFile;
import dev.thaw.image.MemfdInfo;
import dev.thaw.image.Owner;
import dev.thaw.image.RemapImage;
import dev.thaw.image.TtyInfo;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.SocketDiagnostics.UnixSocket;
import dev.thaw.linux.proc.ProcLink;
import dev.thaw.living.LivingTree.Open;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/** The entries that a dump would make for what descriptors of a tree refer to. Pure. */
final class LivingFiles {
    private static final String MEMFD = "/memfd:";
    private static final int INET = 2;
    private static final int INET6 = 10;
    private static final int STREAM = 1;
    private static final int DATAGRAM = 2;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int CLOSED = 7;
    private static final int EXTERN = 1;
    /** The protocols of internet sockets as the kernel calls them, before a 6 or v6 (net/ipv4, net/ipv6). */
    private static final Map<String, Integer> INTERNET = Map.of("TCP", TCP, "UDP", UDP, "UDPLITE", 136, "UDP-Lite", 136, "RAW", 255, "PING", 1, "MPTCP", 262);
    private static final Map<String, FdType> OTHERS = Map.of("eventfd", FdType.EVENTFD, "inotify", FdType.INOTIFY, "signalfd", FdType.SIGNALFD,
            "fanotify", FdType.FANOTIFY, "timerfd", FdType.TIMERFD, "namespace", FdType.NAMESPACE, "pidfd", FdType.PIDFD);
    /** Device numbers: Documentation/admin-guide/devices.txt. */
    private static final int TTY_MAJOR = 4;
    private static final int FIRST_SERIAL = 64;
    private static final long CONTROLLING = FileStatus.device(5, 0);
    private static final long CONSOLE = FileStatus.device(5, 1);
    private static final long MASTER = FileStatus.device(5, 2);
    private static final int FIRST_SLAVE_MAJOR = 136;

    private final LivingTree tree;
    private final Set<String> externals;
    private final Map<FileId, FileImage> files = new LinkedHashMap<>();
    private final Map<Integer, TtyInfo> ttys = new LinkedHashMap<>();
    private final Map<Integer, MemfdInfo> memfds = new LinkedHashMap<>();
    private final Set<Integer> queued = new HashSet<>();
    private final Map<Integer, Integer> controlled = new HashMap<>();
    private int lastId;

    LivingFiles(LivingTree tree) {
        this.tree = tree;
        this.externals = tree.externals();
        tree.descriptors().values().forEach(open -> lastId = Math.max(lastId, open.description()));
        tree.scan().processes().stream().filter(process -> process.terminalDevice() != 0)
                .forEach(process -> controlled.put(process.terminalDevice(), process.session()));
    }

    Map<FileId, FileImage> files() {
        return files;
    }

    Map<Integer, TtyInfo> ttys() {
        return ttys;
    }

    Map<Integer, MemfdInfo> memfds() {
        return memfds;
    }

    /** Ids of sockets that have something unread. */
    Set<Integer> queued() {
        return queued;
    }

    int nextId() {
        return ++lastId;
    }

    /** Another name for a file that is only mapped or executed, or is a directory. */
    FileId add(LivingTree.File file) {
        FileId id = new FileId(file.memoryFile().isPresent() ? FdType.MEMFD : FdType.REGULAR, nextId());
        int flags = file.written() ? OpenFlags.O_RDWR : OpenFlags.O_RDONLY;
        if (file.memoryFile().isPresent()) {
            int inodeId = memfd(file.memoryFile().get(), file.path(), 0, 0);
            files.put(id, new FileImage.Memfd(id, OpenFlags.O_RDWR, 0, inodeId, Owner.NONE));
            return id;
        }
        Optional<RemapImage.Kind> remap = file.deleted() ? Optional.of(remap(file.status().map(FileStatus::links).orElse(0L))) : Optional.empty();
        files.put(id, new RegularFile(id, flags, 0, Owner.NONE, file.path(), -1, file.status().map(status -> size(status, flags)).orElse(OptionalLong.empty()),
                false, file.status().map(status -> OptionalInt.of(status.mode())).orElse(OptionalInt.empty()), Optional.empty(), remap));
        return id;
    }

    /** The entry of a descriptor's open file description, made the first time. */
    FileId of(ScannedProcess process, ScannedDescriptor descriptor, Open open) {
        FileImage file = image(process, descriptor, open);
        files.putIfAbsent(file.id(), file);
        return file.id();
    }

    private FileImage image(ScannedProcess process, ScannedDescriptor descriptor, Open open) {
        int id = open.description();
        int flags = open.flags() & ~OpenFlags.O_CLOEXEC;
        switch (descriptor.kind()) {
            case "file":
            case "directory":
            case "null":
            case "device":
                return regular(new FileId(FdType.REGULAR, id), descriptor, open, flags);
            case "pipe":
                return new FileImage.PipeEnd(new FileId(FdType.PIPE, id), open.status().inode(), flags, Owner.NONE);
            case "fifo":
                RegularFile named = regular(new FileId(FdType.REGULAR, nextId()), descriptor, open, flags);
                return new FileImage.Fifo(new FileId(FdType.FIFO, id), open.status().inode(), named);
            case "memfd":
                int inodeId = memfd(open.status().inode(), ProcLink.path(descriptor.description().link()).substring(MEMFD.length()), open.status().size(),
                        open.status().permissions());
                return new FileImage.Memfd(new FileId(FdType.MEMFD, id), flags, descriptor.description().position(), inodeId, Owner.NONE);
            case "tty":
                return terminal(id, descriptor, open, flags);
            case "socket":
                return socket(id, descriptor, open, flags);
            case "eventpoll":
                return new FileImage.Eventpoll(new FileId(FdType.EVENTPOLL, id), flags, watched(open.watched()), Owner.NONE);
            default:
                FdType type = OTHERS.getOrDefault(descriptor.kind(), FdType.UNKNOWN);
                return type == FdType.UNKNOWN ? new FileImage.Unknown(new FileId(type, id), 0)
                        : new FileImage.Other(new FileId(type, id), flags, type, descriptor.kind(), Owner.NONE);
        }
    }

    private static List<FileImage.Eventpoll.Watched> watched(List<Watched> all) {
        return all.stream().map(one -> new FileImage.Eventpoll.Watched(one.fd(), 0, 0, one.inode())).toList();
    }

    private RegularFile regular(FileId id, ScannedDescriptor descriptor, Open open, int flags) {
        String external = "file[%x:%x]".formatted(descriptor.description().mountId(), open.status().inode());
        boolean isExternal = externals.contains(external);
        boolean deleted = descriptor.place() == Place.DELETED;
        String path = deleted ? ProcLink.path(descriptor.description().link()) : descriptor.description().link();
        return new RegularFile(id, flags, descriptor.description().position(), Owner.NONE, isExternal ? external : path, -1, size(open.status(), flags),
                isExternal, OptionalInt.of(open.status().mode()), Optional.empty(),
                deleted && !isExternal ? Optional.of(remap(open.status().links())) : Optional.empty());
    }

    /** criu compares sizes of regular files (criu/files-reg.c, validate_file). */
    private static OptionalLong size(FileStatus status, int flags) {
        return status.isRegular() ? OptionalLong.of(status.size()) : OptionalLong.empty();
    }

    private static RemapImage.Kind remap(long links) {
        return links == 0 ? RemapImage.Kind.GHOST : RemapImage.Kind.LINKED;
    }

    private int memfd(long inode, String name, long size, int permissions) {
        int inodeId = (int) inode;
        memfds.putIfAbsent(inodeId, new MemfdInfo(inodeId, name, size, 0, permissions, 0, 0, 0));
        return inodeId;
    }

    private FileImage terminal(int id, ScannedDescriptor descriptor, Open open, int flags) {
        long rdev = open.status().specialDevice();
        boolean master = rdev == MASTER;
        int index = master ? descriptor.extras().terminalIndex().orElse(0) : Math.max(0, descriptor.slaveIndex());
        int type = externals.contains(descriptor.description().key()) ? TtyInfo.EXTERNAL : type(rdev);
        // Of two terminals that are no pseudo-terminals the device numbers differ; those of pseudo-terminals are theirs alone.
        int infoId = type == TtyInfo.PTY || type == TtyInfo.EXTERNAL ? index << 1 | (master ? 1 : 0) : -(int) rdev;
        long slave = master ? FileStatus.device(FIRST_SLAVE_MAJOR + (index >> 8), index & 0xff) : rdev;
        ttys.putIfAbsent(infoId, new TtyInfo(infoId, type, controlled.getOrDefault(asInStat(slave), 0), 0, rdev, open.status().device(), index, master,
                Optional.empty(), open.status().uid(), open.status().gid(), false, false, false));
        return new FileImage.Tty(new FileId(FdType.TTY, id), infoId, flags, Owner.NONE, OptionalInt.empty());
    }

    private static int type(long device) {
        if (device == CONTROLLING) {
            return TtyInfo.CTTY;
        }
        if (device == CONSOLE) {
            return TtyInfo.CONSOLE;
        }
        int major = FileStatus.major(device);
        if (major == TTY_MAJOR) {
            return FileStatus.minor(device) < FIRST_SERIAL ? TtyInfo.VT : TtyInfo.SERIAL;
        }
        return device == MASTER || major >= FIRST_SLAVE_MAJOR && major < FIRST_SLAVE_MAJOR + 8 ? TtyInfo.PTY : TtyInfo.SERIAL;
    }

    /** As /proc/PID/stat encodes a device: minor in bits 0 to 7 and 20 to 31, major in 8 to 19. */
    private static int asInStat(long device) {
        int minor = FileStatus.minor(device);
        return minor & 0xff | FileStatus.major(device) << 8 | (minor & ~0xff) << 12;
    }

    private FileImage socket(int id, ScannedDescriptor descriptor, Open open, int flags) {
        ScannedDescriptor.Socket socket = descriptor.socket().orElseThrow();
        long inode = open.status().inode();
        if (socket.unreadBytes() > 0 || socket.peer().filter(peer -> peer.unsentBytes() > 0).isPresent()) {
            queued.add(id);
        }
        if (socket.unix().isPresent()) {
            UnixSocket unix = socket.unix().get();
            return new FileImage.UnixSocket(new FileId(FdType.UNIX_SOCKET, id), inode, unix.type(), unix.state(), flags, 0, unix.peer().orElse(0), unix.name(), 0, 0,
                    Optional.empty(), descriptor.place() == Place.DELETED, OptionalInt.empty(), Owner.NONE);
        }
        Optional<String> internet = INTERNET.keySet().stream().filter(name -> socket.protocol().matches(name + "(v?6)?")).findFirst();
        if (internet.isPresent()) {
            int protocol = INTERNET.get(internet.get());
            return new FileImage.InetSocket(new FileId(FdType.INET_SOCKET, id), inode, socket.protocol().endsWith("6") ? INET6 : INET,
                    protocol == TCP ? STREAM : DATAGRAM, protocol, socket.tcp().map(tcp -> tcp.state()).orElse(CLOSED),
                    socket.tcp().map(tcp -> tcp.localAddress()).orElse(""), socket.tcp().map(tcp -> tcp.localPort()).orElse(0),
                    socket.tcp().map(tcp -> tcp.remoteAddress()).orElse(""), socket.tcp().map(tcp -> tcp.remotePort()).orElse(0), flags, 0, 0,
                    OptionalInt.empty(), Owner.NONE);
        }
        FdType type = socket.protocol().equals("NETLINK") ? FdType.NETLINK_SOCKET : socket.protocol().equals("PACKET") ? FdType.PACKET_SOCKET : FdType.UNKNOWN;
        return type == FdType.UNKNOWN ? new FileImage.Unknown(new FileId(type, id), 0)
                : new FileImage.Other(new FileId(type, id), flags, type, socket.protocol().toLowerCase(Locale.ROOT) + " socket", Owner.NONE);
    }

    /** For each peer outside the tree the entry that stands for it. To be called when all descriptors have theirs. */
    void addPeers() {
        Set<Long> inside = new HashSet<>();
        files.values().forEach(file -> {
            if (file instanceof FileImage.UnixSocket socket) {
                inside.add(socket.inode());
            }
        });
        for (ScannedProcess process : tree.scan().processes()) {
            for (ScannedDescriptor descriptor : process.descriptors()) {
                descriptor.socket().flatMap(ScannedDescriptor.Socket::peer).filter(peer -> inside.add(peer.inode())).ifPresent(this::addPeer);
            }
        }
    }

    private void addPeer(UnixSocket peer) {
        FileId id = new FileId(FdType.UNIX_SOCKET, nextId());
        files.put(id, new FileImage.UnixSocket(id, peer.inode(), peer.type(), peer.state(), OpenFlags.O_RDWR, EXTERN, 0, peer.name(), 0, 0, Optional.empty(), false,
                OptionalInt.empty(), Owner.NONE));
    }
}
