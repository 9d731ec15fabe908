package dev.thaw.plan;

import dev.thaw.image.FdType;
import dev.thaw.image.FileId;
import dev.thaw.image.FileImage;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.Owner;
import dev.thaw.image.TaskImage;
import dev.thaw.linux.OpenFlags;
import java.util.List;
import java.util.Optional;

/** One descriptor of the image, with what rules and decisions ask about it. */
record Subject(Use use, FileImage file, Optional<String> key, boolean ofRoot, List<String> commands, Optional<String> peer)
        implements Selector.Candidate {

    static Subject of(Use use, FileImage file, ImageSnapshot image) {
        List<String> commands = Search.mapped(use.pids(), pid -> image.task(pid).map(TaskImage::command).orElse(""));
        return new Subject(use, file, InheritKeys.of(file, image), use.pids().contains(image.root().pid()), commands, peerName(file, image));
    }

    /** A descriptor that was closed in the image and that the user gives a source all the same. */
    static Subject closed(TaskImage task, int fd, ImageSnapshot image) {
        List<TaskImage> sharing = Search.fitting(image.tasks(), other -> other.filesId().equals(task.filesId()));
        Use use = new Use(Use.Kind.DESCRIPTOR, Search.mapped(sharing, TaskImage::pid), task.filesId().orElseThrow(), fd);
        int flags = fd == 0 ? OpenFlags.O_RDONLY : fd <= 2 ? OpenFlags.O_WRONLY : OpenFlags.O_RDWR;
        FileImage nothing = new FileImage.Other(new FileId(FdType.UNKNOWN, fd), flags, FdType.UNKNOWN, "closed", Owner.NONE);
        return new Subject(use, nothing, Optional.empty(), sharing.contains(image.root()), Search.mapped(sharing, TaskImage::command),
                Optional.empty());
    }

    /** True when the image has no such descriptor. */
    boolean isClosed() {
        return file instanceof FileImage.Other && file.id().type() == FdType.UNKNOWN;
    }

    private static Optional<String> peerName(FileImage file, ImageSnapshot image) {
        return file instanceof FileImage.UnixSocket socket
                ? image.peer(socket).map(FileImage.UnixSocket::name).filter(name -> !name.isEmpty()) : Optional.empty();
    }

    @Override
    public int fd() {
        return use.fd();
    }

    @Override
    public List<Integer> pids() {
        return use.pids();
    }

    @Override
    public Optional<String> path() {
        if (file instanceof FileImage.RegularFile regular) {
            return Optional.of(regular.path());
        }
        if (file instanceof FileImage.Fifo fifo) {
            return Optional.of(fifo.file().path());
        }
        return Optional.empty();
    }

    @Override
    public Optional<String> object() {
        return file instanceof FileImage.InetSocket socket ? Optional.of("socket:[" + (socket.inode() & 0xffff_ffffL) + "]") : key;
    }

    @Override
    public int access() {
        return file.flags() & OpenFlags.O_ACCMODE;
    }

    @Override
    public String kind() {
        if (isClosed()) {
            return "closed";
        }
        if (file instanceof FileImage.RegularFile regular) {
            return isDevice(regular) ? "device" : "file";
        }
        switch (file.id().type()) {
            case PIPE:
                return "pipe";
            case FIFO:
                return "fifo";
            case UNIX_SOCKET:
            case INET_SOCKET:
            case PACKET_SOCKET:
            case NETLINK_SOCKET:
                return "socket";
            case TTY:
                return "tty";
            case MEMFD:
                return "memfd";
            default:
                return "other";
        }
    }

    private static boolean isDevice(FileImage.RegularFile file) {
        int format = file.mode().orElse(0) & 0170000;
        return format == 0020000 || format == 0060000;
    }

    /** True for /dev/null. */
    boolean isNull() {
        return path().filter("/dev/null"::equals).isPresent();
    }

    /** True for 0, 1 and 2. */
    boolean isStream() {
        return use.fd() >= 0 && use.fd() <= 2;
    }

    /** True for 0, 1 and 2 of the root process. */
    boolean isStreamOfRoot() {
        return isStream() && ofRoot;
    }

    /** The KEY of {@code --map} that names this descriptor alone. */
    String mapKey() {
        return ofRoot ? "fd:" + use.fd() : "fd:" + use.pids().get(0) + "/" + use.fd();
    }

    /** How the file reads in /proc/PID/fd, as near as the image says. */
    String link() {
        if (isClosed()) {
            return "closed";
        }
        return path().or(this::key).orElseGet(() -> file.id().type().name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '));
    }

    /** {@code fd 5 of pid 4021 (postgres)}. */
    String text() {
        return use.text() + (commands.isEmpty() || commands.get(0).isEmpty() ? "" : " (" + commands.get(0) + ")");
    }

    /** What the application does with it: the direction for a stream of that number, else the recorded access mode. */
    int wantedAccess() {
        int recorded = file.flags() & OpenFlags.O_ACCMODE;
        if (isStream() && recorded == OpenFlags.O_RDWR) {
            return use.fd() == 0 ? OpenFlags.O_RDONLY : OpenFlags.O_WRONLY;
        }
        return recorded;
    }
}
