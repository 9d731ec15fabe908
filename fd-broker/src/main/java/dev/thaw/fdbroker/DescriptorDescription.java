package dev.thaw.fdbroker;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.proc.FdInfo;
import dev.thaw.linux.proc.ProcLink;
import dev.thaw.linux.proc.ProcessTable;
import java.util.Optional;
import java.util.Set;

/**
 * What {@code /proc} tells about one open descriptor of a process.
 *
 * @param fd its number
 * @param kind file, directory, pipe, fifo, socket, tty, null (the device {@code /dev/null}), device, memfd, namespace, or for an anonymous
 *     inode its own word: eventfd, eventpoll, timerfd, signalfd, inotify, pidfd, io_uring and so on
 * @param link the kernel's text for it, such as {@code /var/log/x.log (deleted)} or {@code pipe:[4711]}
 * @param key what criu's {@code --inherit-fd} would compare (see {@link #keyOf}), empty for kinds that have none
 * @param access read, write, read-write or none
 * @param flags access mode and status flags of the open file description, without O_CLOEXEC and O_LARGEFILE
 * @param device number of the device the file lies on; of a terminal as well, not the terminal's own
 * @param inode number in that device
 * @param mountId in {@code /proc/PID/mountinfo}
 * @param position offset, bytes
 */
public record DescriptorDescription(int fd, String kind, String link, String key, String access, int flags, long device, long inode,
                                    int mountId, long position) {
    private static final String ANONYMOUS = "anon_inode:";
    private static final String MEMFD = "/memfd:";
    private static final long NULL_DEVICE = FileStatus.device(1, 3);
    // Documentation/admin-guide/devices.txt: consoles, /dev/tty and ptmx, serial lines of several makes; 128 to 143 are pseudo-terminals.
    private static final Set<Integer> TERMINAL_MAJORS = Set.of(4, 5, 166, 188, 204, 229);

    /**
     * Describes an open descriptor.
     *
     * @throws LinuxException ENOENT when it (or the process) is not there, EACCES without the right to look at the process
     */
    public static DescriptorDescription describe(int pid, int fd) {
        return of(fd, FdInfo.read(pid, fd), ProcessTable.link(pid, fd), ProcessTable.status(pid, fd));
    }

    /** Puts together what {@code /proc} has told about one descriptor. */
    public static DescriptorDescription of(int fd, FdInfo info, String link, FileStatus status) {
        String kind = kindOf(link, status);
        return new DescriptorDescription(
                fd,
                kind,
                link,
                keyOf(kind, isDeleted(link, status) ? withoutDeleted(link) : link, status),
                OpenFlags.access(info.flags()),
                info.statusFlags(),
                status.device(),
                status.inode(),
                info.mountId(),
                info.position());
    }

    /** As {@link #describe}; empty when the descriptor or the process is not there. */
    public static Optional<DescriptorDescription> describeIfOpen(int pid, int fd) {
        try {
            return Optional.of(describe(pid, fd));
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT) || e.is(Errno.ESRCH)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** The same under another number. */
    public DescriptorDescription withFd(int number) {
        return new DescriptorDescription(number, kind, link, key, access, flags, device, inode, mountId, position);
    }

    public static String kindOf(String link, FileStatus status) {
        if (link.startsWith(ANONYMOUS)) {
            String name = link.substring(ANONYMOUS.length()).replace("[", "").replace("]", "");
            return name.contains(":") ? name.substring(0, name.indexOf(':')) : name;
        }
        if (status.isFifo()) {
            return link.startsWith("pipe:[") ? "pipe" : "fifo";
        }
        if (status.isSocket()) {
            return "socket";
        }
        if (status.isDirectory()) {
            return "directory";
        }
        if (status.isCharacterDevice()) {
            return status.specialDevice() == NULL_DEVICE ? "null" : isTerminal(status.specialDevice()) ? "tty" : "device";
        }
        if (status.isBlockDevice()) {
            return "device";
        }
        if (link.startsWith(MEMFD)) {
            return "memfd";
        }
        // Namespaces and, since Linux 6.9, pidfds are files of file systems of their own, without a path.
        return link.startsWith("/") ? "file" : link.startsWith("pidfd:") ? "pidfd" : "namespace";
    }

    /**
     * The text that criu compares an {@code --inherit-fd} with; in its sources: reg_file_path, pipe_d_name, socket_d_name, tty_d_name,
     * memfd_d_name.
     *
     * @param path the link without the mark of a deleted file
     */
    public static String keyOf(String kind, String path, FileStatus status) {
        switch (kind) {
            case "pipe":
            case "socket":
                return path;
            case "tty":
                return "tty[%x:%x]".formatted(status.specialDevice(), status.device());
            case "memfd":
                return path;
            case "file":
            case "directory":
            case "fifo":
            case "null":
            case "device":
                return path.equals("/") ? "." : path.substring(path.startsWith("/") ? 1 : 0);
            default:
                return "";
        }
    }

    private static boolean isTerminal(long device) {
        int major = FileStatus.major(device);
        return major >= 128 && major <= 143 || TERMINAL_MAJORS.contains(major);
    }

    /** A file may really be called so: it is deleted when it has no name left, or not this one. */
    private static boolean isDeleted(String link, FileStatus status) {
        if (!ProcLink.isDeleted(link)) {
            return false;
        }
        try {
            return status.links() == 0 || FileCalls.lstatIfExists(link).filter(found -> found.inode() == status.inode()).isEmpty();
        } catch (LinuxException notToBeSeen) {
            return true;
        }
    }

    private static String withoutDeleted(String link) {
        return ProcLink.path(link);
    }
}
