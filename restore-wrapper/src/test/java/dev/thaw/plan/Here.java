package dev.thaw.plan;

import dev.thaw.image.ImageSnapshot;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The world of a test. At first: standard input, output and error are three pipes, /dev/null is there and no other path, no cgroups, no
 * broker. The planner is told of the paths it asked for beforehand, and of no other.
 */
final class Here {
    private final Map<Integer, OwnDescriptor> own = new TreeMap<>();
    private final Map<String, FileStatus> paths = new HashMap<>();
    private List<CgroupMembership> cgroups = List.of();
    private List<MountInfo> mounts = List.of();
    private Optional<Set<String>> brokerNames = Optional.empty();

    Here() {
        pipe(0, OpenFlags.O_RDONLY).pipe(1, OpenFlags.O_WRONLY).pipe(2, OpenFlags.O_WRONLY);
        exists("/dev/null", FileStatus.S_IFCHR | 0666, 0);
    }

    Here pipe(int number, int flags) {
        return own(number, FileStatus.S_IFIFO | 0600, flags, "pipe:[" + (9000 + number) + "]");
    }

    /** A regular file that the caller redirected to. */
    Here file(int number, int flags) {
        return own(number, FileStatus.S_IFREG | 0644, flags, "/tmp/redirected-" + number);
    }

    Here socket(int number) {
        return own(number, FileStatus.S_IFSOCK | 0777, OpenFlags.O_RDWR, "socket:[" + (9000 + number) + "]");
    }

    Here nothing(int number) {
        return own(number, FileStatus.S_IFCHR | 0666, OpenFlags.O_RDWR, "/dev/null");
    }

    /** The caller had closed it, and thaw was started with /dev/null in its place. */
    Here closed(int number) {
        own.put(number, new OwnDescriptor(number, status(FileStatus.S_IFCHR | 0666, 0), OpenFlags.O_RDWR, "/dev/null", number, false, true, false));
        return this;
    }

    /** One terminal on 0, 1 and 2, as a shell has it. */
    Here terminal(boolean controlsSession) {
        for (int number = 0; number <= 2; number++) {
            own.put(number, new OwnDescriptor(number, status(FileStatus.S_IFCHR | 0620, 0), OpenFlags.O_RDWR, "/dev/pts/7", 0, true, false,
                    controlsSession));
        }
        return this;
    }

    /** {@code number} becomes a duplicate of {@code original}. */
    Here same(int number, int original) {
        OwnDescriptor of = own.get(original);
        own.put(number, new OwnDescriptor(number, of.status(), of.flags(), of.link(), of.sameAs(), of.terminal(), of.closedByCaller(),
                of.controlsSession()));
        return this;
    }

    Here without(int number) {
        own.remove(number);
        return this;
    }

    private Here own(int number, int mode, int flags, String link) {
        own.put(number, new OwnDescriptor(number, status(mode, 0), flags, link, number, false, false, false));
        return this;
    }

    Here exists(String path, int mode, long size) {
        paths.put(path, status(mode, size));
        return this;
    }

    /** A regular file, 0644. */
    Here file(String path, long size) {
        return exists(path, FileStatus.S_IFREG | 0644, size);
    }

    Here directory(String path) {
        return exists(path, FileStatus.S_IFDIR | 0755, 4096);
    }

    Here fifo(String path) {
        return exists(path, FileStatus.S_IFIFO | 0600, 0);
    }

    /** The name of a listening or bound socket. */
    Here socket(String path) {
        return exists(path, FileStatus.S_IFSOCK | 0777, 0);
    }

    /** One hierarchy, version 2, mounted as on a host. */
    Here cgroup(String path) {
        cgroups = CgroupMembership.parse("0::" + path);
        mounts = MountInfo.parse("30 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate");
        return this;
    }

    Here broker(String... names) {
        brokerNames = Optional.of(Set.of(names));
        return this;
    }

    World world(ImageSnapshot image, RestoreOptions options, Optional<CgroupFiles.View> recorded) {
        Map<String, Optional<FileStatus>> answers = new HashMap<>();
        for (String path : Questions.paths(image, options, recorded, new CgroupFiles.View(cgroups, mounts))) {
            answers.put(path, Optional.ofNullable(paths.get(path)));
        }
        Map<Integer, OwnDescriptor> asked = new TreeMap<>(own);
        asked.keySet().retainAll(Questions.ownDescriptors(image, options));
        return new World(asked, answers, cgroups, mounts, brokerNames);
    }

    static FileStatus status(int mode, long size) {
        return new FileStatus(2049, 0, 4711, mode, size, 0, 0, 0, 1, 30);
    }
}
