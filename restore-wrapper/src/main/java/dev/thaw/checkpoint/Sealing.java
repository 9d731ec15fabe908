package dev.thaw.checkpoint;

import dev.thaw.compat.Surroundings;
import dev.thaw.criu.CriuDump;
import dev.thaw.image.DumpStatistics;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.ImagesDirectory;
import dev.thaw.image.Manifest;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import java.util.List;

/** Makes a generation of what criu has written: reads it back, has it judged, puts it safely on disk, and writes the manifest last. */
final class Sealing {
    private static final int PRIVATE = 0600;

    private final CheckpointRequest request;
    private final TreeScan scan;
    private final List<Finding> notes;
    private final List<String> criuOptions;
    private final Attempt attempt;
    private final Surroundings.Root root;

    /** To be made before the dump, which may end the tree. */
    Sealing(CheckpointRequest request, TreeScan scan, List<Finding> notes, List<String> criuOptions, Attempt attempt) {
        this.request = request;
        this.scan = scan;
        this.notes = notes;
        this.criuOptions = criuOptions;
        this.attempt = attempt;
        this.root = Surroundings.look(scan.root().pid(), scan.root().arguments(), request.launched());
    }

    /** A manifest that is written, or the reasons why it was not. */
    record Result(Manifest manifest, List<Finding> unfit) {}

    /**
     * @throws dev.thaw.image.ImageException when the images cannot be read
     * @throws dev.thaw.linux.LinuxException when they cannot be written to disk
     */
    Result seal(Verifier verifier) {
        String directory = attempt.generation().directory();
        // The tree may be waiting for both: the disk works while the images are read back.
        try (DiskWriters writers = DiskWriters.begin(files(directory))) {
            ImageSnapshot images = ImagesDirectory.read(directory);
            Manifest manifest = manifest(images);
            List<Finding> unfit = verifier.check(images, manifest);
            if (unfit.isEmpty()) {
                keepLog();
                DiskWriters.store(log());
                ImageRoot.forgetWork(directory);
                writers.await();
                manifest.write(directory);
            }
            return new Result(manifest, unfit);
        }
    }

    /** All but the link to the work directory. */
    private static List<String> files(String directory) {
        return FileCalls.list(directory).stream().map(name -> directory + "/" + name)
                .filter(path -> FileCalls.lstatIfExists(path).filter(FileStatus::isRegular).isPresent()).toList();
    }

    private String log() {
        return attempt.generation().directory() + "/" + CriuDump.LOG;
    }

    /** The log as it stands; criu may have more to say in the end. */
    void keepLog() {
        FileCalls.writeFile(log(), KernelString.encode(attempt.log()), PRIVATE);
    }

    private Manifest manifest(ImageSnapshot images) {
        long frozenMicros = DumpStatistics.read(attempt.workDirectory()).map(DumpStatistics::frozenMicros).orElse(0L);
        return Manifests.of(scan, images, root, new Manifests.Dump(request.criu().version().toString(), request.criu().path(), criuOptions,
                request.options().leaveRunning(), notes.stream().map(Finding::what).toList(), frozenMicros, request.launched()));
    }
}
