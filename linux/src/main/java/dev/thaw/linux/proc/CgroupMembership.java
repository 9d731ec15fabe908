package dev.thaw.linux.proc;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A line of {@code /proc/PID/cgroup} (man 7 cgroups): the place of a process in one hierarchy.
 *
 * @param hierarchy id; 0 for the unified hierarchy (version 2)
 * @param controllers those mounted together, such as {@code cpu} and {@code cpuacct}; {@code name=systemd} for a named one without; none
 *     for version 2
 * @param path from the root of the hierarchy, or of our cgroup namespace; ends with {@code  (deleted)} when the cgroup was removed
 */
public record CgroupMembership(int hierarchy, List<String> controllers, String path) {

    public CgroupMembership {
        controllers = List.copyOf(controllers);
    }

    /**
     * Reads the text of the file.
     *
     * @throws IllegalArgumentException when a line is of another form
     */
    public static List<CgroupMembership> parse(String text) {
        List<CgroupMembership> memberships = new ArrayList<>();
        for (String line : text.split("\n")) {
            if (!line.isEmpty()) {
                // The path is last and may hold colons.
                String[] fields = line.split(":", 3);
                if (fields.length < 3) {
                    throw new IllegalArgumentException("not a line of /proc/PID/cgroup: " + line);
                }
                List<String> controllers = fields[1].isEmpty() ? List.of() : List.of(fields[1].split(","));
                memberships.add(new CgroupMembership(Integer.parseInt(fields[0]), controllers, fields[2]));
            }
        }
        return List.copyOf(memberships);
    }

    /** The places of a process, one for each hierarchy. */
    public static List<CgroupMembership> read(int pid) {
        return parse(ProcFile.read("/proc/" + pid + "/cgroup"));
    }

    /** Whether this is the unified hierarchy. */
    public boolean isUnified() {
        return hierarchy == 0;
    }

    /**
     * The directory of this cgroup.
     *
     * @param mounts that we see
     * @return empty when none of them shows it
     */
    public Optional<String> directory(List<MountInfo> mounts) {
        for (MountInfo mount : mounts) {
            boolean fits = isUnified() ? mount.fsType().equals("cgroup2")
                    : mount.fsType().equals("cgroup") && List.of(mount.superOptions().split(",")).containsAll(controllers);
            String root = mount.root().equals("/") ? "" : mount.root();
            if (fits && (path + "/").startsWith(root + "/")) {
                String below = path.substring(root.length());
                return Optional.of(mount.mountPoint() + (below.equals("/") ? "" : below));
            }
        }
        return Optional.empty();
    }
}
