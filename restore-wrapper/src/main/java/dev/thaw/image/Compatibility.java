package dev.thaw.image;

import java.util.List;

/**
 * What a checkpointed tree relies on around it, beyond what {@link Manifest} says of versions: the processor it was running on, the rights it
 * had, the files its memory is mapped from. Recorded at the checkpoint and compared before a restore.
 *
 * @param command as it was given to {@code thaw run}, or else the root's command line
 * @param program the files that the command names: the executable, a script or archive it is to run
 * @param files executables and libraries that are mapped
 * @param cpuFlags instruction sets and what else programs ask of a processor; sorted
 * @param cpuHash SHA-256 over the flags, for a quick look
 * @param monotonicMillis of the clock that timers use, CLOCK_MONOTONIC
 * @param uid effective user id of the root process
 * @param gid effective group id of the root process
 * @param capabilities effective ones of the root process, bit n for capability n, hexadecimal
 */
public record Compatibility(
        List<String> command,
        List<FileIdentity> program,
        List<FileIdentity> files,
        List<String> cpuFlags,
        String cpuHash,
        long monotonicMillis,
        int uid,
        int gid,
        String capabilities) {

    /** Of images whose checkpoint recorded nothing of it. */
    public static final Compatibility UNKNOWN = new Compatibility(List.of(), List.of(), List.of(), List.of(), "", 0, -1, -1, "");

    /**
     * Tells one state of a file from another.
     *
     * @param path without symbolic links
     * @param modifiedNanos since 1970
     * @param buildId of an ELF file that has one, hexadecimal; else empty
     */
    public record FileIdentity(String path, long size, long modifiedNanos, String buildId) {}

    public Compatibility {
        command = copied(command);
        program = copied(program);
        files = copied(files);
        cpuFlags = copied(cpuFlags);
        cpuHash = cpuHash == null ? "" : cpuHash;
        capabilities = capabilities == null ? "" : capabilities;
    }

    /** Whether a checkpoint recorded it. */
    public boolean isKnown() {
        return uid >= 0;
    }

    private static <T> List<T> copied(List<T> list) {
        return list == null ? List.of() : List.copyOf(list);
    }
}
