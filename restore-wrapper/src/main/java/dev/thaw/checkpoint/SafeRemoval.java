package dev.thaw.checkpoint;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.MountInfo;
import java.util.List;

/** Removes directories that criu has written to. */
public final class SafeRemoval {
    private SafeRemoval() {}

    /** Something is mounted in there. */
    public static final class MountedBelow extends RuntimeException {
        private final String mountPoint;

        MountedBelow(String mountPoint) {
            super("not removed: something is mounted on " + mountPoint);
            this.mountPoint = mountPoint;
        }

        public String mountPoint() {
            return mountPoint;
        }
    }

    /**
     * Removes a directory with all that is in it; one that is not there is fine. Links are removed and not followed.
     *
     * @param directory absolute, without links in it
     * @throws MountedBelow when something is mounted in it, and then nothing was removed: a criu that was killed may have left all
     *     cgroups of the machine there
     */
    public static void remove(String directory) {
        List<MountInfo> mounts = MountInfo.read(ProcessCalls.getpid());
        for (MountInfo mount : mounts) {
            if (mount.mountPoint().equals(directory) || mount.mountPoint().startsWith(directory + "/")) {
                throw new MountedBelow(mount.mountPoint());
            }
        }
        FileCalls.lstatIfExists(directory).ifPresent(status -> remove(directory, status.mountId()));
    }

    private static void remove(String path, int mountId) {
        FileStatus status = FileCalls.lstat(path);
        try {
            if (!status.isDirectory()) {
                FileCalls.unlink(path);
                return;
            }
            if (status.mountId() != mountId) {
                throw new MountedBelow(path); // mounted since we looked
            }
            FileCalls.list(path).forEach(name -> remove(path + "/" + name, mountId));
            FileCalls.rmdir(path);
        } catch (LinuxException e) {
            if (!e.is(Errno.ENOENT)) {
                throw e;
            }
        }
    }
}
