package dev.thaw.image;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The cgroups that tasks were in (images/cgroup.proto).
 *
 * @param sets by id: for each hierarchy the path in it
 */
public record CgroupImage(Map<Integer, List<Controller>> sets) {

    public static final CgroupImage NONE = new CgroupImage(Map.of());

    /**
     * Membership in one hierarchy.
     *
     * @param name empty for cgroup2, {@code name=systemd} for a named hierarchy, else the controllers, {@code cpu,cpuacct}
     * @param path below the mount of the hierarchy, with a leading slash
     * @param cgnsPrefix how many leading bytes of the path belong to the root of the cgroup namespace
     */
    public record Controller(String name, String path, int cgnsPrefix) {
    }

    public CgroupImage {
        sets = Collections.unmodifiableMap(new LinkedHashMap<>(sets));
    }
}
