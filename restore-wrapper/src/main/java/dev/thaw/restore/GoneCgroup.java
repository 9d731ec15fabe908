package dev.thaw.restore;

import dev.thaw.compile.OwnCgroup;
import dev.thaw.image.FileImage;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.plan.CgroupFiles;
import dev.thaw.plan.Questions;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.plan.World;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The world as it is when the cgroup of the application is gone, and a program that is yet to run is in some other. */
final class GoneCgroup {
    private GoneCgroup() {}

    /** @param files of the image that lie in a cgroup */
    static World of(ImageSnapshot image, Optional<CgroupFiles.View> recorded, World now, List<String> files) {
        List<CgroupMembership> placeholders = OwnCgroup.placeholders(now.cgroups(), now.cgroupMounts());
        Map<String, Optional<FileStatus>> paths = new HashMap<>(now.paths());
        for (String path : Questions.paths(image, RestoreOptions.automatic(), recorded, new CgroupFiles.View(placeholders, now.cgroupMounts()))) {
            paths.computeIfAbsent(path, unknown -> likeAll(now, isDirectory(image, path)));
        }
        files.forEach(file -> paths.put(file, Optional.empty()));
        return new World(now.own(), paths, placeholders, now.cgroupMounts(), now.brokerNames());
    }

    /** Of a cgroup that nobody knows yet no recorded file has the name. */
    private static boolean isDirectory(ImageSnapshot image, String path) {
        String name = path.substring(path.lastIndexOf('/'));
        List<FileImage.RegularFile> namesakes = image.files().values().stream().filter(FileImage.RegularFile.class::isInstance).map(FileImage.RegularFile.class::cast)
                .filter(file -> file.path().endsWith(name)).toList();
        return namesakes.stream().allMatch(file -> (file.mode().orElse(0) & FileStatus.S_IFMT) == FileStatus.S_IFDIR);
    }

    /** The program looks whether it is there; for the plan, one file of a cgroup is like another. */
    private static Optional<FileStatus> likeAll(World now, boolean directory) {
        return now.cgroupMounts().stream().flatMap(mount -> FileCalls.statIfExists(mount.mountPoint() + (directory ? "" : "/cgroup.procs")).stream())
                .filter(status -> directory ? status.isDirectory() : status.isRegular()).findFirst();
    }
}
