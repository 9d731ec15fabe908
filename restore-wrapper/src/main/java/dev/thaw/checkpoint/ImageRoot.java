package dev.thaw.checkpoint;

import dev.thaw.image.Generation;
import dev.thaw.image.Generations;
import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.restore.WorkDirectory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** An IMAGE that is being written to: no other checkpoint writes to it until this is closed. */
final class ImageRoot implements AutoCloseable {
    static final String FAILURE_LOG = "last-failure.log";

    private static final int PRIVATE = 0700;
    private static final int GROUP_OR_OTHERS_WRITE = 022;
    private static final String NEW_LINK = ".current.new";
    private static final String WORK_LINK = "work";
    private static final String WORK_DIRECTORY = "/.*/thaw-\\d+-[0-9a-f]{16}";

    private final String path;
    private final OwnedFd lock;

    private ImageRoot(String path, OwnedFd lock) {
        this.path = path;
        this.lock = lock;
    }

    /**
     * Opens or makes it, and removes what checkpoints that never ended have left.
     *
     * @throws Failure when it is no place for images, or another checkpoint is writing to it
     */
    static ImageRoot open(String image) {
        String path = absolute(image);
        try {
            make(path);
            requireOurs(path);
            OwnedFd lock = FileCalls.open(path, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
            ImageRoot root = new ImageRoot(path, lock);
            try {
                root.lock();
                root.requireNoneOfOthers();
                Generations.list(path).stream().filter(generation -> !generation.complete()).forEach(half -> root.discard(half.directory()));
                return root;
            } catch (RuntimeException e) {
                lock.close();
                throw e;
            }
        } catch (LinuxException e) {
            throw new Failure(ExitCode.FAILURE, "images cannot be written to " + path, List.of(e.getMessage()),
                    List.of("a directory that you may write to"), e);
        }
    }

    String path() {
        return path;
    }

    /** Makes the directory of a new generation. */
    Generation begin() {
        int number = Generations.next(path);
        String directory = path + "/" + Generations.directoryName(number);
        FileCalls.mkdir(directory, PRIVATE);
        return new Generation(number, directory, false, false);
    }

    /** Notes where criu works for an unfinished generation: a thaw that is killed cannot clear that away. */
    void noteWork(Generation generation, String workDirectory) {
        FileCalls.symlink(workDirectory, generation.directory() + "/" + WORK_LINK);
    }

    /** Takes the note away, before the generation is complete. */
    static void forgetWork(String generation) {
        FileCalls.unlink(generation + "/" + WORK_LINK);
    }

    /** The name of the generation that counts. */
    Optional<String> current() {
        String link = path + "/" + Generations.CURRENT;
        return FileCalls.lstatIfExists(link).filter(FileStatus::isSymbolicLink).map(status -> FileCalls.readlink(link));
    }

    /** Lets the link point to this generation, in one step and for good. */
    void makeCurrent(String name) {
        String fresh = path + "/" + NEW_LINK;
        if (FileCalls.lstatIfExists(fresh).isPresent()) {
            FileCalls.unlink(fresh);
        }
        FileCalls.symlink(name, fresh);
        FileCalls.rename(fresh, path + "/" + Generations.CURRENT);
        FileCalls.fsync(lock.number());
    }

    /** Undoes {@link #makeCurrent}. */
    void restoreCurrent(Optional<String> previous) {
        if (previous.isPresent()) {
            makeCurrent(previous.get());
        } else if (current().isPresent()) {
            FileCalls.unlink(path + "/" + Generations.CURRENT);
        }
    }

    /** Removes a generation. Its manifest goes first: without it, what may be left by an accident is no generation. */
    void discard(String directory) {
        String manifest = directory + "/" + Generations.MANIFEST;
        if (FileCalls.lstatIfExists(manifest).isPresent()) {
            FileCalls.unlink(manifest);
        }
        String work = directory + "/" + WORK_LINK;
        if (FileCalls.lstatIfExists(work).filter(FileStatus::isSymbolicLink).isPresent() && FileCalls.readlink(work).matches(WORK_DIRECTORY)) {
            WorkDirectory.removeTree(FileCalls.readlink(work));
        }
        WorkDirectory.removeTree(directory);
    }

    /**
     * The generations that are older than the {@code keep} newest ones, not current, and not being restored. One that is quarantined is none of
     * those that are kept, and stays for its reason until all of them are newer.
     */
    List<Generation> superfluous(int keep) {
        List<Generation> complete = Generations.list(path).stream().filter(Generation::complete).toList();
        List<Generation> good = complete.stream().filter(generation -> !generation.quarantined()).toList();
        int oldestKept = good.isEmpty() ? 0 : good.get(Math.max(0, good.size() - keep)).number();
        String current = current().orElse("");
        return complete.stream().filter(generation -> generation.number() < oldestKept)
                .filter(generation -> !Generations.directoryName(generation.number()).equals(current))
                .filter(generation -> !isBeingRestored(generation.directory())).toList();
    }

    /** Whoever restores it has its directory locked (flock). */
    private static boolean isBeingRestored(String directory) {
        try (OwnedFd fd = FileCalls.open(directory, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY)) {
            FileCalls.flock(fd.number(), FileCalls.LOCK_EX | FileCalls.LOCK_NB);
            return false;
        } catch (LinuxException e) {
            return e.is(Errno.EAGAIN);
        }
    }

    /** Directories of all generations but this one. */
    List<String> othersThan(Generation one) {
        return Generations.list(path).stream().filter(other -> other.number() != one.number()).map(Generation::directory).toList();
    }

    @Override
    public void close() {
        lock.close();
    }

    private void lock() {
        try {
            FileCalls.flock(lock.number(), FileCalls.LOCK_EX | FileCalls.LOCK_NB);
        } catch (LinuxException e) {
            if (e.is(Errno.EAGAIN)) {
                throw Failure.of(ExitCode.FAILURE, "another checkpoint is writing to " + path, "the directory is locked (flock)",
                        "again when that one has ended, or with another IMAGE");
            }
            throw e;
        }
    }

    private void requireNoneOfOthers() {
        List<String> names = FileCalls.list(path);
        if (names.contains("inventory.img")) {
            throw Failure.of(ExitCode.USAGE, path + " holds the images of one dump", "thaw writes generations, IMAGE/000001 and so on",
                    "the directory above it, or a new one");
        }
        boolean ours = names.contains(Generations.CURRENT) || names.contains(FAILURE_LOG) || !Generations.list(path).isEmpty();
        if (!names.isEmpty() && !ours) {
            throw Failure.of(ExitCode.USAGE, path + " is not empty, and no image of thaw's", "it holds " + names.get(0), "a directory of its own for the image");
        }
    }

    /** Whoever can write there decides what runs after a restore. */
    private static void requireOurs(String path) {
        FileStatus status = FileCalls.stat(path);
        if (!status.isDirectory()) {
            throw Failure.of(ExitCode.USAGE, path + " is no directory", "an IMAGE is a directory of generations");
        }
        if (status.uid() != ProcessCalls.geteuid() || (status.permissions() & GROUP_OR_OTHERS_WRITE) != 0) {
            throw Failure.of(ExitCode.IMAGE, path + " is not safe for an image",
                    "it belongs to uid %d and has mode %04o, and others could put their images there".formatted(status.uid(), status.permissions()),
                    "chown " + ProcessCalls.geteuid() + " and chmod 0700, or a new directory");
        }
    }

    private static void make(String path) {
        if (FileCalls.statIfExists(path).isPresent()) {
            return;
        }
        String parent = path.substring(0, Math.max(1, path.lastIndexOf('/')));
        make(parent);
        FileCalls.mkdir(path, PRIVATE);
    }

    private static String absolute(String image) {
        if (image.isEmpty()) {
            throw Failure.of(ExitCode.USAGE, "IMAGE is empty", "it is the path of a directory");
        }
        String path = image.startsWith("/") ? image : FileCalls.getcwd() + "/" + image;
        while (path.length() > 1 && path.endsWith("/")) {
            path = path.substring(0, path.length() - 1);
        }
        return path;
    }
}
