package dev.thaw.compat;

import dev.thaw.compat.Here.Asked;
import dev.thaw.criu.CriuVersion;
import dev.thaw.image.Compatibility;
import dev.thaw.image.Compatibility.FileIdentity;
import dev.thaw.image.FileImage;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.Manifest;
import dev.thaw.image.TaskImage;
import dev.thaw.launcher.LaunchRecord;
import dev.thaw.launcher.NotStartable;
import dev.thaw.launcher.Program;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.StatusFile;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Looks at what a restored tree relies on around it: at a checkpoint to record it, before a restore to compare. Reads only. */
public final class Surroundings {
    /** On a large machine /proc/cpuinfo is long, and slow to make; all processors of one have the same flags. */
    private static final int CPUINFO_BYTES = 16 * 1024;
    private static final int CPUINFO_CHUNK_BYTES = 4 * 1024;

    private Surroundings() {}

    /** What a checkpoint records of the root of a tree: to be read before the dump, which may end it. */
    public record Root(List<String> command, List<FileIdentity> program, StatusFile status) {}

    /**
     * @param rootPid of the tree, which is still there
     * @param commandLine of the root as the kernel shows it
     * @param launched how thaw started the root, where it did
     */
    public static Root look(int rootPid, List<String> commandLine, Optional<LaunchRecord> launched) {
        List<String> command = launched.map(LaunchRecord::command).orElse(commandLine);
        String directory = launched.map(LaunchRecord::directory).orElseGet(() -> FileCalls.readlink("/proc/" + rootPid + "/cwd"));
        Optional<String> executable = launched.map(LaunchRecord::program).or(() -> Optional.of("/proc/" + rootPid + "/exe"));
        return new Root(command, program(executable, command, directory), StatusFile.read(rootPid));
    }

    /** What a checkpoint records. */
    public static Compatibility record(ImageSnapshot images, Root root) {
        List<String> flags = CpuFlags.parse(cpuinfo());
        return new Compatibility(root.command(), root.program(), mapped(images), flags, CpuFlags.hash(flags), monotonicMillis(),
                root.status().uids().get(1), root.status().gids().get(1), Long.toHexString(root.status().capEff()));
    }

    /**
     * What there is now of what an image recorded.
     *
     * @param seen files that have just been looked at, by path: they are not looked at again
     */
    public static Here now(Manifest image, Map<String, Optional<FileStatus>> seen, Optional<CriuVersion> criu, Optional<Asked> asked) {
        Map<String, Optional<FileIdentity>> files = new HashMap<>();
        for (FileIdentity recorded : image.compatibility().files()) {
            Optional<FileStatus> status = seen.containsKey(recorded.path()) ? seen.get(recorded.path()).filter(FileStatus::isRegular) : regular(recorded.path());
            files.put(recorded.path(), status.map(now -> identity(recorded.path(), now, Optional.of(recorded))));
        }
        return new Here(ThawVersion.TEXT, criu, line("/proc/sys/kernel/osrelease"), System.getProperty("os.arch"), line("/proc/sys/kernel/random/boot_id"),
                monotonicMillis(), CpuFlags.all(cpuinfo()), ProcessCalls.geteuid(), ProcessCalls.getegid(), ProcessCalls.capabilitiesPermitted(), files, asked);
    }

    /**
     * A command of the user's, for {@link #now}.
     *
     * @param directory that it is started in; ours when empty
     */
    public static Asked asked(List<String> command, List<String> environment, Optional<String> directory) {
        return new Asked(command, program(executable(command, environment, directory), command, directory.orElseGet(FileCalls::getcwd)));
    }

    private static Optional<String> executable(List<String> command, List<String> environment, Optional<String> directory) {
        try {
            return Optional.of(Program.find(command.get(0), environment, directory).realPath());
        } catch (NotStartable saidAtTheStart) {
            return Optional.empty();
        }
    }

    private static List<FileIdentity> program(Optional<String> executable, List<String> command, String directory) {
        Map<String, FileIdentity> found = new LinkedHashMap<>();
        executable.map(path -> path.startsWith("/") ? path : directory + "/" + path).flatMap(Surroundings::realPath)
                .flatMap(path -> identity(path, Optional.empty())).ifPresent(file -> found.put(file.path(), file));
        for (String candidate : ProgramFiles.candidates(command)) {
            realPath(candidate.startsWith("/") ? candidate : directory + "/" + candidate)
                    .flatMap(path -> identity(path, Optional.empty())).ifPresent(file -> found.put(file.path(), file));
        }
        return List.copyOf(found.values());
    }

    /** Those that criu opens by their path again. In a mount namespace of its own, a tree's paths mean other files. */
    private static List<FileIdentity> mapped(ImageSnapshot images) {
        if (!images.mounts().isEmpty()) {
            return List.of();
        }
        Map<String, FileIdentity> found = new LinkedHashMap<>();
        for (TaskImage task : images.tasks()) {
            List<Integer> ids = new ArrayList<>(task.mappedFileIds());
            task.exeFileId().ifPresent(ids::add);
            for (int id : ids) {
                images.regularFile(id).filter(file -> file.path().startsWith("/") && file.remap().isEmpty() && !found.containsKey(file.path()))
                        .ifPresent(file -> identity(file).ifPresent(now -> found.put(file.path(), now)));
            }
        }
        return List.copyOf(found.values());
    }

    private static Optional<FileIdentity> identity(FileImage.RegularFile file) {
        return regular(file.path()).map(status -> new FileIdentity(file.path(), status.size(), status.modifiedNanos(),
                file.buildId().orElseGet(() -> BuildId.of(file.path()))));
    }

    /** The build-id is read only where nothing else tells. */
    private static Optional<FileIdentity> identity(String path, Optional<FileIdentity> recorded) {
        return regular(path).map(status -> identity(path, status, recorded));
    }

    private static FileIdentity identity(String path, FileStatus status, Optional<FileIdentity> recorded) {
        boolean tells = recorded.isPresent() && (recorded.get().size() != status.size() || recorded.get().modifiedNanos() == status.modifiedNanos());
        String buildId = tells ? recorded.get().buildId() : BuildId.of(path);
        return new FileIdentity(path, status.size(), status.modifiedNanos(), buildId);
    }

    private static Optional<FileStatus> regular(String path) {
        try {
            return FileCalls.statIfExists(path).filter(FileStatus::isRegular);
        } catch (LinuxException notForUs) {
            return Optional.empty();
        }
    }

    private static Optional<String> realPath(String path) {
        try (OwnedFd file = FileCalls.open(path, OpenFlags.O_PATH)) {
            return Optional.of(FileCalls.readlink("/proc/self/fd/" + file.number()));
        } catch (LinuxException noFile) {
            return Optional.empty();
        }
    }

    /** Its beginning, with the whole list of flags where there is one. */
    private static String cpuinfo() {
        byte[] bytes = new byte[CPUINFO_CHUNK_BYTES];
        StringBuilder text = new StringBuilder();
        try (OwnedFd file = FileCalls.open("/proc/cpuinfo", OpenFlags.O_RDONLY)) {
            int count;
            do {
                count = FileCalls.read(file.number(), bytes, 0, bytes.length);
                text.append(KernelString.decode(bytes, 0, count));
            } while (count > 0 && text.length() < CPUINFO_BYTES && !CpuFlags.isWhole(text.toString()));
        }
        return text.toString();
    }

    /** HotSpot reads CLOCK_MONOTONIC for it. */
    private static long monotonicMillis() {
        return System.nanoTime() / 1_000_000;
    }

    private static String line(String path) {
        return KernelString.decode(FileCalls.readAll(path)).strip();
    }
}
