package dev.thaw.image;

import dev.thaw.image.ImageException.Kind;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a directory of criu's images. */
public final class ImagesDirectory {

    private ImagesDirectory() {
    }

    /**
     * Reads all but memory pages; of those it only sees whether they are all there.
     *
     * @param directory a bare images directory, or one generation; a KernelString
     * @throws ImageException when something is missing, or is not what criu writes
     */
    public static ImageSnapshot read(String directory) {
        try {
            return decode(new DirectoryFiles(directory));
        } catch (OutOfMemoryError e) {
            // A hostile image may expand beyond any limit on its own size; what was read so far is garbage by now.
            long heapMebibytes = Runtime.getRuntime().maxMemory() >> 20;
            throw ImageException.of(Kind.TOO_LARGE, directory, "decoded, it does not fit into " + heapMebibytes + " MiB");
        }
    }

    static ImageSnapshot decode(ImageFiles images) {
        Inventory inventory = TreeReader.inventory(images);
        PagesCheck.check(images);
        List<TaskImage> tasks = new TaskReader(images).tasks();
        List<RemapImage> remaps = TreeReader.remaps(images);
        Map<FileId, FileImage> files = new FileReader(images, remaps).files();
        Map<Integer, List<DescriptorImage>> tables = new LinkedHashMap<>();
        for (TaskImage task : tasks) {
            if (task.filesId().isPresent() && !tables.containsKey(task.filesId().getAsInt())) {
                tables.put(task.filesId().getAsInt(), TableReader.table(images, task.filesId().getAsInt(), files));
            }
        }
        QueueReader.SocketQueues queues = QueueReader.socketQueues(images);
        return new ImageSnapshot(
            images.directory(),
            inventory,
            tasks,
            files,
            tables,
            TreeReader.ttys(images),
            TreeReader.memfds(images),
            QueueReader.pipeData(images, "pipes-data.img", ImageMagic.PIPES_DATA),
            QueueReader.pipeData(images, "fifo-data.img", ImageMagic.FIFO_DATA),
            NamespaceReader.mounts(images),
            TreeReader.cgroups(images),
            remaps,
            TreeReader.locks(images),
            NamespaceReader.namespaces(images),
            images.names(),
            images.totalBytes(),
            queues.sockets(),
            queues.filesInFlight(),
            SnapshotIndex.of(tasks, files, tables));
    }
}
