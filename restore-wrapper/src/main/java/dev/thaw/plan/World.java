package dev.thaw.plan;

import dev.thaw.linux.FileStatus;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What is there now, as far as the plan asks for it.
 *
 * @param own descriptors that thaw was started with, by number
 * @param paths what each path in question is; a path that is absent from the map was not asked for
 * @param cgroups memberships of the process that restores
 * @param cgroupMounts mounts of type cgroup and cgroup2 that it sees
 * @param brokerNames names that the broker offers; empty optional: there is no broker
 */
public record World(Map<Integer, OwnDescriptor> own, Map<String, Optional<FileStatus>> paths, List<CgroupMembership> cgroups,
        List<MountInfo> cgroupMounts, Optional<Set<String>> brokerNames) {
    public World {
        own = Map.copyOf(own);
        paths = Map.copyOf(paths);
        cgroups = List.copyOf(cgroups);
        cgroupMounts = List.copyOf(cgroupMounts);
    }

    /** @return what stands at {@code path}; empty when nothing does */
    Optional<FileStatus> at(String path) {
        Optional<FileStatus> found = paths.get(path);
        if (found == null) {
            throw new IllegalStateException("the plan was not told about " + path);
        }
        return found;
    }
}
