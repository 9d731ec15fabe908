package dev.thaw.checkpoint;

import dev.thaw.checkpoint.ScannedDescriptor.Place;
import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.FdInfo;
import dev.thaw.linux.proc.MountInfo;
import dev.thaw.linux.proc.ProcessTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Looks at the descriptors of one process after the other. */
final class DescriptorScanner {
    private static final String DELETED = " (deleted)";

    private final Map<Integer, MountInfo> mounts = new HashMap<>();
    private final SocketIndex sockets;
    private final Map<String, Optional<FileStatus>> paths = new ConcurrentHashMap<>();
    private final String ownMountNamespace;

    /** @param mounts that the root process sees */
    DescriptorScanner(List<MountInfo> mounts, SocketIndex sockets) {
        this.ownMountNamespace = mountNamespace(ProcessCalls.getpid());
        mounts.forEach(mount -> this.mounts.put(mount.mountId(), mount));
        this.sockets = sockets;
    }

    List<ScannedDescriptor> scan(int pid) {
        List<ScannedDescriptor> descriptors = new ArrayList<>();
        // The kernel writes paths as the reader sees them, and for another mount namespace from the root of that.
        String root = mountNamespace(pid).equals(ownMountNamespace) ? "" : "/proc/" + pid + "/root";
        for (int fd : ProcessTable.descriptors(pid)) {
            TreeScanner.unlessGone(() -> descriptor(pid, fd, root)).ifPresent(descriptors::add);
        }
        return descriptors;
    }

    private ScannedDescriptor descriptor(int pid, int fd, String root) {
        String fdInfo = KernelString.decode(FileCalls.readRecord("/proc/" + pid + "/fdinfo/" + fd));
        FileStatus status = ProcessTable.status(pid, fd);
        DescriptorDescription description = DescriptorDescription.of(fd, FdInfo.parse(fdInfo), ProcessTable.link(pid, fd), status);
        Optional<ScannedDescriptor.Socket> socket =
                status.isSocket() ? Optional.of(sockets.describe(pid, fd, status.inode())) : Optional.empty();
        return new ScannedDescriptor(description, status.specialDevice(), status.size(), status.links(), place(root, description, status),
                FdExtras.parse(fdInfo), socket);
    }

    private Place place(String root, DescriptorDescription description, FileStatus status) {
        String link = description.link();
        if (status.isSocket()) {
            return socketPlace(root, status.inode());
        }
        if (!link.startsWith("/") || description.kind().equals("memfd")) {
            return Place.NO_PATH;
        }
        MountInfo mount = mounts.get(description.mountId());
        if (mount == null) {
            return Place.OTHER_MOUNT;
        }
        // A file may be called "x (deleted)": so the path is tried first.
        if (leadsTo(root + link, status)) {
            return Place.THERE;
        }
        if (link.endsWith(DELETED)) {
            return Place.DELETED;
        }
        // Files of processes that have ended: criu knows how to make them again. Terminals are found by their number.
        boolean byName = !mount.fsType().equals("proc") && !mount.fsType().equals("devpts");
        return byName ? Place.HIDDEN : Place.THERE;
    }

    /** Only of those at which somebody waits: for the others it does not matter. */
    private Place socketPlace(String root, long inode) {
        return sockets.unix(inode).filter(socket -> !socket.waiting().isEmpty() && socket.name().startsWith("/"))
                .filter(socket -> !isSocketAt(root + socket.name())).map(gone -> Place.DELETED).orElse(Place.NO_PATH);
    }

    private static boolean isSocketAt(String path) {
        try {
            return FileCalls.statIfExists(path).filter(FileStatus::isSocket).isPresent();
        } catch (LinuxException notToBeSeen) {
            return true;
        }
    }

    /** Without following a link at the end: the descriptor may have been opened on the link itself. */
    private boolean leadsTo(String path, FileStatus status) {
        try {
            // Hundreds of processes have the same few files open.
            Optional<FileStatus> found = paths.computeIfAbsent(path, FileCalls::lstatIfExists);
            return found.isPresent() && found.get().inode() == status.inode() && found.get().device() == status.device();
        } catch (LinuxException notToBeSeen) {
            return true; // nothing is known then, and the usual case is assumed
        }
    }

    private static String mountNamespace(int pid) {
        return FileCalls.readlink("/proc/" + pid + "/ns/mnt");
    }
}
