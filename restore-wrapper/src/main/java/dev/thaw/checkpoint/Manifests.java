package dev.thaw.checkpoint;

import dev.thaw.compat.Surroundings;
import dev.thaw.compat.ThawVersion;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.Manifest;
import dev.thaw.image.TaskImage;
import dev.thaw.launcher.LaunchRecord;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Puts together what thaw records of a checkpoint. */
public final class Manifests {
    private Manifests() {}

    /**
     * How the dump was made. Members are as in {@link Manifest}.
     *
     * @param launched how thaw started the root, where it did
     */
    public record Dump(String criuVersion, String criuPath, List<String> criuOptions, boolean leftRunning, List<String> notes, long frozenMicros,
            Optional<LaunchRecord> launched) {
        /** Of a tree that was not dumped. @param criuOptions that it would have needed */
        public static Dump none(List<String> criuOptions) {
            return new Dump(null, null, criuOptions, false, List.of(), 0, Optional.empty());
        }
    }

    /** @param root of the tree, looked at when it was there */
    public static Manifest of(TreeScan scan, ImageSnapshot images, Surroundings.Root root, Dump dump) {
        List<Manifest.Process> processes = images.tasks().stream().map(task -> process(scan, task)).toList();
        List<Manifest.OtherEnd> outside = new ArrayList<>();
        scan.outside().forEach((key, holders) -> holders.forEach(
                holder -> outside.add(new Manifest.OtherEnd(key, holder.pid(), holder.command(), holder.fd(), holder.access()))));
        return new Manifest(
                Manifest.FORMAT,
                ThawVersion.TEXT,
                dump.criuVersion(),
                dump.criuPath(),
                Instant.now().truncatedTo(ChronoUnit.MILLIS).toString(),
                scan.imagePid(scan.root()),
                scan.root().arguments(),
                dump.criuOptions(),
                line("/proc/sys/kernel/osrelease"),
                System.getProperty("os.arch"),
                line("/proc/sys/kernel/random/boot_id"),
                dump.leftRunning(),
                processes,
                outside,
                scan.cgroups(),
                scan.mounts().stream().filter(mount -> mount.fsType().equals("cgroup") || mount.fsType().equals("cgroup2")).toList(),
                dump.notes(),
                images.totalBytes(),
                dump.frozenMicros(),
                Surroundings.record(images, root),
                dump.launched().map(LaunchRecord::inBroker).orElse(List.of()));
    }

    /** The image decides which there are: some may have come or gone since the scan. */
    private static Manifest.Process process(TreeScan scan, TaskImage task) {
        return scan.processes().stream().filter(process -> scan.imagePid(process) == task.pid()).findFirst()
                .map(process -> new Manifest.Process(task.pid(), process.command(),
                        process.descriptors().stream().map(ScannedDescriptor::description).toList()))
                .orElseGet(() -> new Manifest.Process(task.pid(), task.command(), List.of()));
    }

    private static String line(String path) {
        return KernelString.decode(FileCalls.readAll(path)).strip();
    }
}
