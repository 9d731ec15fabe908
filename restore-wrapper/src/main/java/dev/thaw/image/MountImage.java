package dev.thaw.image;

import java.util.Optional;

/**
 * One mount of a mount namespace that was dumped (images/mnt.proto).
 *
 * @param fsType criu's number, the constants of this class
 * @param externalKey what {@code --external mnt[KEY]:...} has to name at restore
 * @param nsId number of the mount namespace
 */
public record MountImage(int mountId, int parentId, int fsType, String root, String mountPoint, String source, Optional<String> externalKey,
                         int nsId) {

    public static final int FS_TMPFS = 5;
    public static final int FS_CGROUP = 12;
    public static final int FS_OVERLAY = 17;
    public static final int FS_CGROUP2 = 23;

    public boolean isCgroup() {
        return fsType == FS_CGROUP || fsType == FS_CGROUP2;
    }
}
