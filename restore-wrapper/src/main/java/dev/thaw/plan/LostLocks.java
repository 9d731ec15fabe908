package dev.thaw.plan;

import dev.thaw.image.DescriptorImage;
import dev.thaw.image.FileImage.RegularFile;
import dev.thaw.image.FileLockImage;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.TaskImage;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * POSIX locks that no restore brings back. criu takes them before it maps the files (criu/cr-restore.c), and closes what it mapped them by: any close of
 * a file gives up the process's locks on it (man 2 fcntl). Pure.
 */
public final class LostLocks {
    /** FL_POSIX of the kernel, as criu keeps it. */
    private static final int POSIX = 1;

    private LostLocks() {}

    /** One process and a file whose lock it had. */
    public record Lost(int pid, String path) {
        public static final String BECAUSE = "it maps the file too, and criu gives the locks up by mapping it again; the program does not know";

        public String what() {
            return "pid " + pid + " loses its POSIX locks on " + path;
        }

        public String text() {
            return what() + ": " + BECAUSE;
        }
    }

    /** Each file of each process once. */
    public static List<Lost> of(ImageSnapshot image) {
        Set<Lost> lost = new LinkedHashSet<>();
        for (FileLockImage lock : image.locks()) {
            if (lock.kind() == POSIX) {
                image.task(lock.pid()).flatMap(task -> mapped(image, task, lock.fd()))
                        .ifPresent(path -> lost.add(new Lost(lock.pid(), path)));
            }
        }
        return List.copyOf(lost);
    }

    /** The path of the descriptor's file, if the process maps it. A mapping has an entry of its own for the same file. */
    private static Optional<String> mapped(ImageSnapshot image, TaskImage task, int fd) {
        return image.descriptor(task.pid(), fd).map(DescriptorImage::file).flatMap(image::file)
                .flatMap(file -> file instanceof RegularFile locked ? Optional.of(locked) : Optional.<RegularFile>empty())
                .filter(locked -> task.pathReferences().stream().flatMap(id -> image.file(id).stream()).anyMatch(
                        file -> file instanceof RegularFile other && other.path().equals(locked.path()) && other.remap().equals(locked.remap())))
                .map(RegularFile::path);
    }
}
