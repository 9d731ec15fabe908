package dev.thaw.check.host;

import dev.thaw.checkpoint.DumpOptions.NetworkLock;
import dev.thaw.criu.CriuSearch;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A machine as thaw finds it.
 *
 * @param criu every candidate was asked anew
 * @param criuWarnings what criu says about optional features of the kernel
 * @param kernel release
 * @param timeNamespaces the kernel has them
 * @param memfdNoexec value of vm.memfd_noexec; empty before Linux 6.3
 * @param networkLock what keeps TCP connections quiet during a dump
 * @param configFiles of criu, which plain criu reads and thaw does not
 */
public record HostFacts(CriuSearch criu, List<String> criuWarnings, String kernel, boolean timeNamespaces, OptionalInt memfdNoexec,
        NetworkLock networkLock, Rights rights, RunDirectory run, Cgroups cgroups, Pids pids, List<ConfigFile> configFiles, Limits limits,
        Leftovers leftovers) {

    /**
     * What this process may do.
     *
     * @param effective capabilities, bit n for capability n
     * @param bounding those that it or a child could ever have
     * @param filtered a seccomp filter is on it
     * @param ownUserNamespace it is not in the first one, so its capabilities hold inside only
     * @param confinement by AppArmor or SELinux; empty for none
     * @param ptraceScope of Yama; empty where that is not built in
     */
    public record Rights(int uid, long effective, long bounding, boolean filtered, boolean ownUserNamespace, String confinement,
            OptionalInt ptraceScope) {}

    /**
     * Where criu keeps what it has found out about the kernel.
     *
     * @param fileSystem type of the file system of /run
     * @param staleSeconds age of /run/criu.kdat.tmp, empty when it is not there
     */
    public record RunDirectory(String fileSystem, boolean writable, Optional<Long> staleSeconds) {}

    /**
     * @param layout {@code v2}, {@code v1} or {@code hybrid}; empty when no cgroup file system is mounted
     * @param own cgroup of thaw in each hierarchy
     */
    public record Cgroups(String layout, List<String> own) {
        public Cgroups {
            own = List.copyOf(own);
        }
    }

    /**
     * @param used processes and threads
     * @param lastIsWritable whether the next pid can be chosen by ns_last_pid
     * @param inNamespace thaw is in a pid namespace of its own
     */
    public record Pids(int max, int last, int used, boolean lastIsWritable, boolean inNamespace) {}

    /** @param options the words in it that are options */
    public record ConfigFile(String path, List<String> options) {
        public ConfigFile {
            options = List.copyOf(options);
        }
    }

    /** @param openFilesHard limit, -1 for none; likewise the other */
    public record Limits(long openFilesSoft, long openFilesHard, long availableKibibytes) {}

    /**
     * @param yards mount points of cgroup hierarchies that a criu has left
     * @param workDirectories of failed restores, kept for their logs
     * @param networkLocks chains or tables of criu's that keep packets away
     */
    public record Leftovers(List<String> yards, List<String> workDirectories, List<String> networkLocks) {
        public Leftovers {
            yards = List.copyOf(yards);
            workDirectories = List.copyOf(workDirectories);
            networkLocks = List.copyOf(networkLocks);
        }
    }

    public HostFacts {
        criuWarnings = List.copyOf(criuWarnings);
        configFiles = List.copyOf(configFiles);
    }
}
