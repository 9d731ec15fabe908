package dev.thaw.checkpoint;

import dev.thaw.compat.Surroundings;
import dev.thaw.criu.CriuDump;
import dev.thaw.image.DumpStatistics;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.ImagesDirectory;
import dev.thaw.image.Manifest;
import dev.thaw.image.TaskImage;
import dev.thaw.launcher.LaunchRecord;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** Makes a generation of what criu has written: reads it back, has it judged, puts it safely on disk, and writes the manifest last. */
final class Sealing {
    private static final int PRIVATE = 0600;

    private final CheckpointRequest request;
    private final TreeScan scan;
    private final List<Finding> notes;
    private final List<String> criuOptions;
    private final Attempt attempt;

    Sealing(CheckpointRequest request, TreeScan scan, List<Finding> notes, List<String> criuOptions, Attempt attempt) {
        this.request = request;
        this.scan = scan;
        this.notes = notes;
        this.criuOptions = criuOptions;
        this.attempt = attempt;
    }

    /** A manifest that is written, or the reasons why it was not. */
    record Result(Manifest manifest, List<Finding> unfit) {}

    /**
     * @throws dev.thaw.image.ImageException when the images cannot be read
     * @throws dev.thaw.linux.LinuxException when they cannot be written to disk
     */
    Result seal(Verifier verifier) {
        String directory = attempt.generation().directory();
        ImageSnapshot images = ImagesDirectory.read(directory);
        Manifest manifest = manifest(images);
        List<Finding> unfit = verifier.check(images, manifest);
        if (unfit.isEmpty()) {
            keepLog();
            ImageRoot.forgetWork(directory);
            FileCalls.list(directory).forEach(name -> store(directory + "/" + name));
            manifest.write(directory);
        }
        return new Result(manifest, unfit);
    }

    /** The log as it stands; criu may have more to say in the end. */
    void keepLog() {
        FileCalls.writeFile(attempt.generation().directory() + "/" + CriuDump.LOG, KernelString.encode(attempt.log()), PRIVATE);
    }

    /** criu writes some files readable for all, such as the content of deleted ones; and a criu that ran as another user, as that one's. */
    private static void store(String path) {
        try (OwnedFd file = FileCalls.open(path, OpenFlags.O_RDONLY | OpenFlags.O_NOFOLLOW)) {
            FileCalls.chown(path, ProcessCalls.geteuid(), ProcessCalls.getegid());
            FileCalls.fchmod(file.number(), PRIVATE);
            FileCalls.fsync(file.number());
        }
    }

    private Manifest manifest(ImageSnapshot images) {
        List<Manifest.Process> processes = images.tasks().stream().map(this::process).toList();
        List<Manifest.OtherEnd> outside = new ArrayList<>();
        scan.outside().forEach((key, holders) -> holders.forEach(
                holder -> outside.add(new Manifest.OtherEnd(key, holder.pid(), holder.command(), holder.fd(), holder.access()))));
        long frozenMicros = DumpStatistics.read(attempt.workDirectory()).map(DumpStatistics::frozenMicros).orElse(0L);
        return new Manifest(
                Manifest.FORMAT,
                Surroundings.thawVersion(),
                request.criu().version().toString(),
                request.criu().path(),
                Instant.now().truncatedTo(ChronoUnit.MILLIS).toString(),
                scan.imagePid(scan.root()),
                scan.root().arguments(),
                criuOptions,
                line("/proc/sys/kernel/osrelease"),
                System.getProperty("os.arch"),
                line("/proc/sys/kernel/random/boot_id"),
                request.options().leaveRunning(),
                processes,
                outside,
                scan.cgroups(),
                scan.mounts().stream().filter(mount -> mount.fsType().equals("cgroup") || mount.fsType().equals("cgroup2")).toList(),
                notes.stream().map(Finding::what).toList(),
                images.totalBytes(),
                frozenMicros,
                Surroundings.record(images, scan.root().pid(), scan.root().arguments(), request.launched()),
                request.launched().map(LaunchRecord::inBroker).orElse(List.of()));
    }

    /** The image decides which there are: some may have come or gone since the scan. */
    private Manifest.Process process(TaskImage task) {
        return scan.processes().stream().filter(process -> scan.imagePid(process) == task.pid()).findFirst()
                .map(process -> new Manifest.Process(task.pid(), process.command(),
                        process.descriptors().stream().map(ScannedDescriptor::description).toList()))
                .orElseGet(() -> new Manifest.Process(task.pid(), task.command(), List.of()));
    }

    private static String line(String path) {
        return KernelString.decode(FileCalls.readAll(path)).strip();
    }
}
