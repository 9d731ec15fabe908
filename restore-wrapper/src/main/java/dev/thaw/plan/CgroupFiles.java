package dev.thaw.plan;

import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the file that takes the place of one under a cgroup mount: the same file, by its whole path relative to the cgroup of the dumped
 * process, in the cgroup that restore runs in. Never by base name: two files of one name in nested cgroups are two files.
 */
public final class CgroupFiles {
    private CgroupFiles() {}

    /**
     * Memberships and cgroup mounts of one process at one time.
     *
     * @param memberships as in /proc/PID/cgroup
     * @param mounts of type cgroup or cgroup2, as in /proc/PID/mountinfo; without those that a later one hides
     */
    public record View(List<CgroupMembership> memberships, List<MountInfo> mounts) {
        public View {
            memberships = List.copyOf(memberships);
            Map<String, MountInfo> uppermost = new LinkedHashMap<>();
            mounts.stream().filter(mount -> mount.fsType().equals("cgroup") || mount.fsType().equals("cgroup2"))
                    .forEach(mount -> uppermost.put(mount.mountPoint(), mount));
            mounts = List.copyOf(uppermost.values());
        }

        Optional<MountInfo> mountOf(String path) {
            // No comparator: no class archive keeps those that the JDK makes.
            MountInfo deepest = null;
            for (MountInfo mount : mounts) {
                if (isBelow(path, mount.mountPoint()) && (deepest == null || mount.mountPoint().length() > deepest.mountPoint().length())) {
                    deepest = mount;
                }
            }
            return Optional.ofNullable(deepest);
        }

        Optional<String> cgroupIn(MountInfo mount) {
            return Search.first(memberships, membership -> sameHierarchy(membership, mount)).map(CgroupMembership::path);
        }
    }

    /** @return true when {@code path} lies below a cgroup mount of this view */
    public static boolean isCgroupFile(String path, View view) {
        return view.mountOf(path).isPresent();
    }

    /**
     * @param path as the image recorded it
     * @param dumped the world of the dumped process
     * @param now the world that restore runs in
     * @param choice {@code --cgroup}
     * @return paths to try: the same relative file first, then the same name in each ancestor; empty when the hierarchy is not there, or the
     *     place of either process in it cannot be seen from inside its cgroup namespace
     */
    public static List<String> candidates(String path, View dumped, View now, CgroupChoice choice) {
        Optional<MountInfo> oldMount = dumped.mountOf(path);
        Optional<String> oldCgroup = oldMount.flatMap(dumped::cgroupIn);
        if (oldCgroup.isEmpty() || choice instanceof CgroupChoice.Original) {
            return List.of();
        }
        CgroupPath file = CgroupPath.of(oldMount.get().root()).then(path.substring(oldMount.get().mountPoint().length()));
        Optional<CgroupPath> relative = file.relativeTo(CgroupPath.of(oldCgroup.get()));
        return relative.isEmpty() ? List.of() : now.mounts().stream().filter(mount -> sameHierarchy(mount, oldMount.get()))
                .sorted(Comparator.comparingInt(mount -> preference(mount, oldMount.get())))
                .flatMap(mount -> place(relative.get(), mount, now, choice).stream()).findFirst().orElse(List.of());
    }

    /** The file and its namesakes in the cgroups above, as they read below this mount; empty when the mount does not show it. */
    private static Optional<List<String>> place(CgroupPath relative, MountInfo mount, View now, CgroupChoice choice) {
        CgroupPath root = CgroupPath.of(mount.root());
        Optional<CgroupPath> ours = choice instanceof CgroupChoice.At at ? Optional.of(root.isAboveNamespace() ? root.then(at.path())
                : CgroupPath.of(at.path())) : now.cgroupIn(mount).map(CgroupPath::of);
        return ours.flatMap(cgroup -> cgroup.then(relative).below(root)).map(file -> withAncestors(mount.mountPoint(), file.text()));
    }

    private static int preference(MountInfo mount, MountInfo like) {
        return mount.mountPoint().equals(like.mountPoint()) ? 0 : mount.root().equals("/") ? 1 : 2;
    }

    private static boolean sameHierarchy(MountInfo a, MountInfo b) {
        return a.fsType().equals(b.fsType()) && (a.fsType().equals("cgroup2") || controllers(a).equals(controllers(b)));
    }

    static boolean sameHierarchy(CgroupMembership membership, MountInfo mount) {
        boolean unified = membership.controllers().isEmpty();
        return mount.fsType().equals("cgroup2") ? unified : !unified && controllers(mount).equals(new HashSet<>(membership.controllers()));
    }

    /** The controllers among a v1 mount's super options; flags such as rw and xattr are left out. */
    private static Set<String> controllers(MountInfo mount) {
        Set<String> found = new HashSet<>(List.of(mount.superOptions().split(",")));
        found.removeAll(Set.of("rw", "ro", "xattr", "noprefix", "clone_children", "cpuset_v2_mode", "favordynmods", "seclabel", "noexec",
                "nosuid", "nodev", "relatime"));
        found.removeIf(option -> option.contains("=") && !option.startsWith("name="));
        return found;
    }

    private static List<String> withAncestors(String mountPoint, String file) {
        String name = file.substring(file.lastIndexOf('/') + 1);
        if (name.isEmpty()) {
            return List.of(mountPoint);
        }
        List<String> found = new ArrayList<>();
        for (int slash = file.lastIndexOf('/'); slash >= 0; slash = file.lastIndexOf('/', slash - 1)) {
            found.add(mountPoint + file.substring(0, slash) + "/" + name);
        }
        return found;
    }

    static boolean isBelow(String path, String directory) {
        // Asked for every path and every mount: no text is made for it.
        int end = directory.length();
        return path.length() > end && path.startsWith(directory) && (directory.endsWith("/") || path.charAt(end) == '/');
    }
}
