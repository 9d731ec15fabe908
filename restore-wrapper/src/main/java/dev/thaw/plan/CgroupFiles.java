package dev.thaw.plan;

import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
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
     * @param mounts of type cgroup or cgroup2, as in /proc/PID/mountinfo
     */
    public record View(List<CgroupMembership> memberships, List<MountInfo> mounts) {
        public View {
            memberships = List.copyOf(memberships);
            mounts = mounts.stream().filter(mount -> mount.fsType().equals("cgroup") || mount.fsType().equals("cgroup2")).toList();
        }

        Optional<MountInfo> mountOf(String path) {
            return mounts.stream().filter(mount -> isBelow(path, mount.mountPoint()))
                    .max((a, b) -> Integer.compare(a.mountPoint().length(), b.mountPoint().length()));
        }

        Optional<String> cgroupIn(MountInfo mount) {
            return memberships.stream().filter(membership -> sameHierarchy(membership, mount)).map(CgroupMembership::path).findFirst();
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
     * @return paths to try: the same relative file first, then the same name in each ancestor; empty when the hierarchy is not there
     */
    public static List<String> candidates(String path, View dumped, View now, CgroupChoice choice) {
        Optional<MountInfo> oldMount = dumped.mountOf(path);
        if (oldMount.isEmpty() || choice instanceof CgroupChoice.Original) {
            return List.of();
        }
        Optional<String> oldCgroup = dumped.cgroupIn(oldMount.get());
        Optional<MountInfo> newMount = now.mounts().stream().filter(mount -> sameHierarchy(mount, oldMount.get()))
                .min((a, b) -> Integer.compare(preference(a, oldMount.get()), preference(b, oldMount.get())));
        if (oldCgroup.isEmpty() || newMount.isEmpty()) {
            return List.of();
        }
        Optional<String> ours = choice instanceof CgroupChoice.At at ? Optional.of(at.path()) : now.cgroupIn(newMount.get());
        if (ours.isEmpty()) {
            return List.of();
        }
        String file = join(visibleRoot(oldMount.get()), path.substring(oldMount.get().mountPoint().length()));
        String relative = relative(inMount(oldCgroup.get(), oldMount.get()), inMount(file, oldMount.get()));
        String base = newMount.get().mountPoint();
        return withAncestors(base, normalise(join(join(base, inMount(ours.get(), newMount.get())), relative)));
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
        found.removeAll(Set.of("rw", "ro", "xattr", "noprefix", "clone_children", "nsdelegate", "memory_recursiveprot", "cpuset_v2_mode",
                "noexec", "nosuid", "nodev", "relatime"));
        found.removeIf(option -> option.startsWith("release_agent="));
        return found;
    }

    private static String visibleRoot(MountInfo mount) {
        return mount.root().startsWith("/..") ? "/" : mount.root();
    }

    /** A cgroup's path, as it reads below the mount point: a bind mount shows only what is below its root. */
    private static String inMount(String cgroup, MountInfo mount) {
        String root = visibleRoot(mount);
        if (root.equals("/")) {
            return cgroup;
        }
        return cgroup.equals(root) || isBelow(cgroup, root) ? "/" + strip(cgroup.substring(root.length())) : "/";
    }

    private static String relative(String from, String to) {
        List<String> a = parts(from);
        List<String> b = parts(to);
        int common = 0;
        while (common < a.size() && common < b.size() && a.get(common).equals(b.get(common))) {
            common++;
        }
        List<String> steps = new ArrayList<>();
        for (int i = common; i < a.size(); i++) {
            steps.add("..");
        }
        steps.addAll(b.subList(common, b.size()));
        return String.join("/", steps);
    }

    private static List<String> withAncestors(String mountPoint, String file) {
        List<String> found = new ArrayList<>();
        String name = file.substring(file.lastIndexOf('/') + 1);
        String directory = file.substring(0, file.lastIndexOf('/'));
        while (directory.equals(mountPoint) || isBelow(directory, mountPoint)) {
            found.add(join(directory, name));
            directory = directory.substring(0, directory.lastIndexOf('/'));
        }
        return found;
    }

    private static String normalise(String path) {
        Deque<String> kept = new ArrayDeque<>();
        for (String part : parts(path)) {
            if (part.equals("..")) {
                kept.pollLast();
            } else {
                kept.addLast(part);
            }
        }
        return "/" + String.join("/", kept);
    }

    private static List<String> parts(String path) {
        List<String> found = new ArrayList<>();
        for (String part : path.split("/")) {
            if (!part.isEmpty() && !part.equals(".")) {
                found.add(part);
            }
        }
        return found;
    }

    static boolean isBelow(String path, String directory) {
        return path.startsWith(directory.endsWith("/") ? directory : directory + "/") && path.length() > directory.length();
    }

    private static String join(String a, String b) {
        return (a.endsWith("/") ? a.substring(0, a.length() - 1) : a) + "/" + strip(b);
    }

    private static String strip(String path) {
        return path.startsWith("/") ? path.substring(1) : path;
    }
}
