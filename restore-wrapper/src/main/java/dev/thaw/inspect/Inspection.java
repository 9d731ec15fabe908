package dev.thaw.inspect;

import java.util.List;

/**
 * An image as people and programs want to see it. Its members are those of the JSON that {@code thaw inspect --json} prints.
 *
 * @param directory with the images
 * @param generation number, 0 for images that are no generation
 * @param created ISO 8601; empty when thaw did not write it, as are the next two
 * @param bytes of criu's images
 * @param shellJob the root led no session: a restore has to have criu's {@code --shell-job}
 * @param tcpClose TCP connections are closed after a restore
 * @param quarantined why it is not restored any more, and when that was found; empty when it is
 * @param namespaces kinds that are the tree's own, and not those that criu was in: ipc, pid, time
 * @param processes root first, parents before children
 * @param files that are mapped or executed
 * @param cgroups of the root
 */
public record Inspection(
        String directory,
        int generation,
        String created,
        String thawVersion,
        String criuVersion,
        long bytes,
        boolean shellJob,
        boolean tcpClose,
        String quarantined,
        List<String> namespaces,
        List<ProcessView> processes,
        List<FileView> files,
        List<CgroupView> cgroups) {

    public Inspection {
        namespaces = List.copyOf(namespaces);
        processes = List.copyOf(processes);
        files = List.copyOf(files);
        cgroups = List.copyOf(cgroups);
    }

    /**
     * @param parentPid 0 for the root
     * @param state alive, stopped, zombie or dead
     * @param uid effective user id; -1 when not recorded
     * @param executable path; empty when not recorded
     * @param directory working directory; empty when not recorded
     * @param memoryBytes of its memory in the image
     */
    public record ProcessView(
            int pid,
            int parentPid,
            int session,
            int processGroup,
            String command,
            String state,
            int threads,
            int uid,
            String executable,
            String directory,
            long memoryBytes,
            List<DescriptorView> descriptors) {
        public ProcessView {
            descriptors = List.copyOf(descriptors);
        }
    }

    /**
     * @param link as /proc/PID/fd shows it, as near as the image says
     * @param key for criu's {@code --inherit-fd}; empty for kinds that have none
     * @param access read, write or read-write
     * @param flags other status flags, {@code O_APPEND|O_NONBLOCK}
     * @param offset bytes; -1 for what has none
     * @param description number of the open file description: descriptors with the same one share offset and flags
     * @param otherEnd who is at the other end; empty for what has none
     * @param connected the other end, as far as it is in the image
     * @param outside the other end, as far as it is not: who was known to have it
     */
    public record DescriptorView(
            int fd, String kind, String link, String key, String access, String flags, long offset, boolean closeOnExec, int description,
            String otherEnd, List<EndView> connected, List<String> outside) {
        public DescriptorView {
            connected = List.copyOf(connected);
            outside = List.copyOf(outside);
        }
    }

    /** A descriptor of the image. */
    public record EndView(int pid, int fd) {}

    /** @param usedBy pids */
    public record FileView(String path, String state, List<Integer> usedBy) {
        public FileView {
            usedBy = List.copyOf(usedBy);
        }
    }

    /** @param hierarchy controllers; {@code unified} for cgroup2 */
    public record CgroupView(String hierarchy, String path) {}
}
