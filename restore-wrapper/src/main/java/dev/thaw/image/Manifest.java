package dev.thaw.image;

import com.google.gson.JsonParseException;
import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.image.ImageException.Kind;
import dev.thaw.launcher.Deposited;
import dev.thaw.launcher.KernelJson;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What thaw knows of a checkpoint beyond criu's images; {@code manifest.json} of a generation, and the last of its files to be written.
 *
 * @param format of this file
 * @param created when, ISO 8601
 * @param rootPid root of the tree
 * @param command its program and arguments
 * @param criuOptions that the tree needed, and those of the user
 * @param kernel release of the kernel
 * @param architecture as the JVM calls it
 * @param bootId of the kernel that ran
 * @param leftRunning whether the tree ran on
 * @param processes of the tree, root first, as seen just before the dump
 * @param outside who else had a pipe, socket or terminal of the tree, or its other end
 * @param cgroups of the root process
 * @param cgroupMounts mounts of type cgroup and cgroup2 that the root process saw
 * @param notes what the user was told
 * @param imageBytes of criu's images
 * @param frozenMicros for which a tree that was left running stood still; 0 for one that was ended
 * @param compatibility what the tree relies on around it
 * @param inBroker what of the tree the broker keeps too
 */
public record Manifest(
        int format,
        String thawVersion,
        String criuVersion,
        String criuPath,
        String created,
        int rootPid,
        List<String> command,
        List<String> criuOptions,
        String kernel,
        String architecture,
        String bootId,
        boolean leftRunning,
        List<Process> processes,
        List<OtherEnd> outside,
        List<CgroupMembership> cgroups,
        List<MountInfo> cgroupMounts,
        List<String> notes,
        long imageBytes,
        long frozenMicros,
        Compatibility compatibility,
        List<Deposited> inBroker) {
    public static final int FORMAT = 1;

    private static final int MAX_BYTES = 1 << 28;
    private static final int PRIVATE = 0600;

    /**
     * A process.
     *
     * @param command the kernel's name for it
     */
    public record Process(int pid, String command, List<DescriptorDescription> descriptors) {
        public Process {
            descriptors = List.copyOf(descriptors);
        }
    }

    /**
     * A descriptor of a process outside the tree.
     *
     * @param key of the thing: {@code pipe:[4711]}, {@code socket:[4711]} (the peer's inode), {@code ptmx[3]} for the master of /dev/pts/3
     * @param command the kernel's name for the process
     * @param access read, write, read-write or none; {@link #ENDED} where the process was ended for the checkpoint, and nobody else had it
     */
    public record OtherEnd(String key, int pid, String command, int fd, String access) {
        public static final String ENDED = "ended";
    }

    public Manifest {
        command = copied(command);
        criuOptions = copied(criuOptions);
        processes = copied(processes);
        outside = copied(outside);
        cgroups = copied(cgroups);
        cgroupMounts = copied(cgroupMounts);
        notes = copied(notes);
        compatibility = compatibility == null ? Compatibility.UNKNOWN : compatibility;
        inBroker = copied(inBroker);
    }

    /** The command that the root was started by, as far as it is known. */
    public List<String> startedAs() {
        return compatibility.command().isEmpty() ? command : compatibility.command();
    }

    /** The file that was executed then; else the one that runs. */
    public String startedFrom() {
        return compatibility.program().isEmpty() ? "/proc/" + rootPid + "/exe" : compatibility.program().get(0).path();
    }

    /** Without compatibility, as before it was recorded. */
    public Manifest(
            int format, String thawVersion, String criuVersion, String criuPath, String created, int rootPid, List<String> command,
            List<String> criuOptions, String kernel, String architecture, String bootId, boolean leftRunning, List<Process> processes,
            List<OtherEnd> outside, List<CgroupMembership> cgroups, List<MountInfo> cgroupMounts, List<String> notes, long imageBytes,
            long frozenMicros) {
        this(format, thawVersion, criuVersion, criuPath, created, rootPid, command, criuOptions, kernel, architecture, bootId, leftRunning,
                processes, outside, cgroups, cgroupMounts, notes, imageBytes, frozenMicros, Compatibility.UNKNOWN);
    }

    /** With nothing at the broker. */
    public Manifest(
            int format, String thawVersion, String criuVersion, String criuPath, String created, int rootPid, List<String> command,
            List<String> criuOptions, String kernel, String architecture, String bootId, boolean leftRunning, List<Process> processes,
            List<OtherEnd> outside, List<CgroupMembership> cgroups, List<MountInfo> cgroupMounts, List<String> notes, long imageBytes,
            long frozenMicros, Compatibility compatibility) {
        this(format, thawVersion, criuVersion, criuPath, created, rootPid, command, criuOptions, kernel, architecture, bootId, leftRunning,
                processes, outside, cgroups, cgroupMounts, notes, imageBytes, frozenMicros, compatibility, List.of());
    }

    /** A manifest of another thaw may lack a list. */
    private static <T> List<T> copied(List<T> list) {
        return list == null ? List.of() : List.copyOf(list);
    }

    public Instant createdAt() {
        return Instant.parse(created);
    }

    /**
     * Of a generation; empty when there is none, as in images that thaw did not write.
     *
     * @throws ImageException when it is no manifest, or of another format
     */
    public static Optional<Manifest> read(String generationDir) {
        String path = generationDir + "/" + Generations.MANIFEST;
        try {
            if (FileCalls.statIfExists(path).isEmpty()) {
                return Optional.empty();
            }
            return Optional.of(parse(KernelString.decode(FileCalls.readAll(path, MAX_BYTES))));
        } catch (LinuxException e) {
            throw ImageException.unreadable(path, e);
        }
    }

    /** @throws ImageException when it is no manifest, or of another format; members that are not known are skipped */
    static Manifest parse(String json) {
        try {
            int format = json.isBlank() ? FORMAT : KernelJson.number(json, "format");
            if (format != FORMAT) {
                throw ImageException.of(Kind.UNSUPPORTED, Generations.MANIFEST,
                        "of format " + format + ", and this thaw reads format " + FORMAT);
            }
            return ManifestReader.read(json);
        } catch (JsonParseException e) {
            throw ImageException.of(Kind.CORRUPT, Generations.MANIFEST, "no manifest: " + e.getMessage());
        }
    }

    public String json() {
        return KernelJson.pretty(this) + "\n";
    }

    /** Writes it into a generation, durably. */
    public void write(String generationDir) {
        String path = generationDir + "/" + Generations.MANIFEST;
        String fresh = path + ".new";
        FileCalls.writeFile(fresh, KernelString.encode(json()), PRIVATE);
        sync(fresh);
        // Where there is one, it is all there.
        FileCalls.rename(fresh, path);
        sync(generationDir);
    }

    private static void sync(String path) {
        try (OwnedFd file = FileCalls.open(path, OpenFlags.O_RDONLY)) {
            FileCalls.fsync(file.number());
        }
    }
}
