package dev.thaw.plan;

import dev.thaw.image.ImageSnapshot;
import dev.thaw.linux.proc.MountInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Which cgroups the restored tree is put into: none of its own unless {@code --cgroup} asks for it, so it is where restore runs. */
final class CgroupPlacement {
    private CgroupPlacement() {}

    /** @return where each hierarchy has the wanted cgroup, or would have it: directories below the mounts of {@code now} */
    static List<String> directories(ImageSnapshot image, Optional<CgroupFiles.View> recorded, CgroupFiles.View now, CgroupChoice choice) {
        Map<List<Object>, String> found = new LinkedHashMap<>();
        for (MountInfo mount : now.mounts()) {
            Optional<CgroupPath> wanted = choice instanceof CgroupChoice.At at ? Optional.of(CgroupPath.of(at.path()))
                    : choice instanceof CgroupChoice.Original ? DumpedCgroups.witnessed(image, recorded).cgroupIn(mount).map(CgroupPath::of)
                    : Optional.empty();
            boolean isOurs = wanted.isPresent() && now.cgroupIn(mount).map(CgroupPath::of).equals(wanted);
            CgroupPath root = CgroupPath.of(mount.root());
            wanted.filter(cgroup -> !isOurs).flatMap(cgroup -> (root.isAboveNamespace() ? root.then(cgroup) : cgroup).below(root))
                    // Several mounts may show one hierarchy; moving there once is enough.
                    .ifPresent(below -> found.putIfAbsent(List.of(mount.major(), mount.minor()), mount.mountPoint() + below.text()));
        }
        return List.copyOf(found.values());
    }

    /** Those that exist. {@code PATH} has to be in one hierarchy at least, the original one in all that have recorded it. */
    static List<String> existing(List<String> directories, World world, CgroupChoice choice, List<PlanProblem> problems) {
        List<String> there = Search.fitting(directories, directory -> world.at(directory).isPresent());
        List<String> gone = new ArrayList<>(directories);
        gone.removeAll(there);
        if (choice instanceof CgroupChoice.At at && directories.isEmpty() && !isOurs(at, world)) {
            problems.add(PlanProblem.of("--cgroup " + at.path() + ": no cgroup mount here shows such a place",
                    "what a container sees ends at its own cgroup", "without --cgroup, for the cgroup that restore runs in"));
        } else if (choice instanceof CgroupChoice.At at && there.isEmpty() && !gone.isEmpty()) {
            problems.add(PlanProblem.of("--cgroup " + at.path() + ": there is no such cgroup", "looked for it at " + String.join(", ", gone),
                    "mkdir " + gone.get(0), "without --cgroup, for the cgroup that restore runs in"));
        } else if (choice instanceof CgroupChoice.Original && !gone.isEmpty()) {
            problems.add(PlanProblem.of("--cgroup original: the cgroup of the dumped process is gone: " + String.join(", ", gone),
                    "CRIU would make it anew, but without what limited it", "mkdir " + String.join(" ", gone),
                    "without --cgroup, for the cgroup that restore runs in"));
        }
        return there;
    }

    private static boolean isOurs(CgroupChoice.At at, World world) {
        return Search.any(world.cgroups(), membership -> CgroupPath.of(membership.path()).equals(CgroupPath.of(at.path())));
    }
}
