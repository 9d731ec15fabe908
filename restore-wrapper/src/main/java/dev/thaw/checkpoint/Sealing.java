package dev.thaw.checkpoint;

import dev.thaw.compat.Surroundings;
import dev.thaw.criu.CriuDump;
import dev.thaw.image.DumpStatistics;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.ImagesDirectory;
import dev.thaw.image.Manifest;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
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
        long frozenMicros = DumpStatistics.read(attempt.workDirectory()).map(DumpStatistics::frozenMicros).orElse(0L);
        return Manifests.of(scan, images, root, new Manifests.Dump(request.criu().version().toString(), request.criu().path(), criuOptions,
                request.options().leaveRunning(), notes.stream().map(Finding::what).toList(), frozenMicros, request.launched()));
    }
}
