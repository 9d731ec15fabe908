package dev.thaw.it;

import dev.thaw.linux.FileStatus;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.proc.FdInfo;
import dev.thaw.linux.proc.ProcessTable;
import java.util.ArrayList;
import java.util.List;

/**
 * One line of a descriptor table, as /proc tells it.
 *
 * @param link what the link in /proc/PID/fd says
 * @param flags the status flags and the access mode, without O_CLOEXEC
 * @param position the offset in bytes
 * @param inode of the file, pipe or socket
 * @param rdev the device that a terminal or another device file stands for
 * @param device that the file is on
 */
public record FdEntry(int fd, String link, int flags, long position, long inode, long rdev, long device, boolean closeOnExec) {

    /** All descriptors of a process, in the order of their numbers. */
    public static List<FdEntry> table(int pid) {
        List<FdEntry> table = new ArrayList<>();
        for (int fd : ProcessTable.descriptors(pid)) {
            table.add(of(pid, fd));
        }
        return List.copyOf(table);
    }

    public static FdEntry of(int pid, int fd) {
        FdInfo info = FdInfo.read(pid, fd);
        FileStatus status = ProcessTable.status(pid, fd);
        return new FdEntry(fd, ProcessTable.link(pid, fd), info.statusFlags(), info.position(), status.inode(), status.specialDevice(),
                status.device(), info.closeOnExec());
    }

    public boolean appends() {
        return (flags & OpenFlags.O_APPEND) != 0;
    }

    /** {@code read}, {@code write} or {@code read-write}. */
    public String access() {
        return OpenFlags.access(flags);
    }

    /** What {@code criu --inherit-fd} calls this. A terminal's link may name another one of the same number, hence the devices. */
    public String key() {
        if (link.startsWith("/dev/pts/") || link.startsWith("/dev/tty")) {
            return "tty[" + Long.toHexString(rdev) + ":" + Long.toHexString(device) + "]";
        }
        if (link.startsWith("/memfd:")) {
            return link.replaceFirst(" \\(deleted\\)$", "");
        }
        return link.startsWith("/") ? link.substring(1) : link;
    }

    /** What {@code criu dump --external} calls this: files by mount and inode, sockets by inode, terminals by their devices. */
    public String external(int pid) {
        if (link.startsWith("socket:")) {
            return "unix[" + inode + "]";
        }
        return key().startsWith("tty[") ? key() : "file[%x:%x]".formatted(FdInfo.read(pid, fd).mountId(), inode);
    }
}
