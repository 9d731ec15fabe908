package dev.thaw.restore;

import dev.thaw.criu.CriuBinary;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.RemapImage;
import dev.thaw.image.RemapImage.Kind;
import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.SocketCalls;
import dev.thaw.plan.Search;
import dev.thaw.report.Durations;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.supervise.Pause;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** The turn of one restore among those that would be in each other's way. The kernel gives it to the next when its owner has ended, however that was. */
final class Turn implements AutoCloseable {
    private static final String NETWORK = "\0dev.thaw.restore";
    private static final String DELETED_FILES = "remap-fpath.img";
    private static final Set<Kind> MADE_AGAIN = Set.of(Kind.GHOST, Kind.LINKED);
    private static final long PAUSE_MILLIS = 20;
    /** Whoever can read a directory can lock it, and for as long as he likes. */
    private static final Duration LONGEST_WAIT_FOR_DIRECTORY = Duration.ofSeconds(30);

    private final List<OwnedFd> locks;

    private Turn(List<OwnedFd> locks) {
        this.locks = locks;
    }

    /**
     * Waits for it, if one is needed.
     *
     * @throws Failure with {@link ExitCode#TIME_LIMIT}
     */
    static Turn take(CriuBinary criu, ImageSnapshot image, Patience patience) {
        Turn turn = new Turn(new ArrayList<>());
        try {
            if (!criu.features().concurrentRestores()) {
                turn.locks.addAll(inNetwork(NETWORK, patience).locks);
            }
            if (isNeededFor(image)) {
                turn.locks.addAll(withDeletedFiles(image.directory() + "/" + DELETED_FILES, patience).locks);
                directories(image).forEach(directory -> turn.locks.addAll(inDirectory(directory, patience.within(LONGEST_WAIT_FOR_DIRECTORY)).locks));
            }
            return turn;
        } catch (RuntimeException e) {
            turn.close();
            throw e;
        }
    }

    /** Whether others would be in the way of a restore with any criu, in whatever pid namespace it is. */
    static boolean isNeededFor(ImageSnapshot image) {
        return Search.any(image.remaps(), remap -> MADE_AGAIN.contains(remap.kind()));
    }

    /**
     * In a network namespace: the tasks of a criu before 4.1 talk through abstract sockets with the same names in each restore. The lock is an abstract
     * socket itself, whose name belongs to the network namespace.
     */
    static Turn inNetwork(String name, Patience patience) {
        return await(() -> bound(name), patience, "other restores in this network namespace", "with a criu before 4.1 they take turns",
                "a newer criu: scripts/install-criu");
    }

    /** With an image that has deleted files: for a moment criu makes them again, in each restore under the same names. */
    static Turn withDeletedFiles(String file, Patience patience) {
        return await(() -> locked(file), patience, "other restores of this image", "it has deleted files, which one restore after the other makes again",
                "a checkpoint without: ls -l /proc/PID/fd | grep deleted");
    }

    /**
     * With another image, or a copy of this one, that has deleted files in the same directory: their names there are made of the path and a number of the image
     * (criu/files-reg.c, ghost_path). Goes without where that takes too long, and where the directory cannot be read.
     */
    static Turn inDirectory(String directory, Patience patience) {
        while (true) {
            try {
                Optional<OwnedFd> lock = locked(directory);
                if (lock.isPresent() || patience.isOver()) {
                    return new Turn(lock.stream().toList());
                }
            } catch (LinuxException notForUs) {
                return new Turn(List.of());
            }
            patience.check();
            Pause.millis(PAUSE_MILLIS);
        }
    }

    /** Those in which criu makes deleted files again, the nearest that are there; in one order for everybody, so that nobody waits for one who waits for him. */
    static Set<String> directories(ImageSnapshot image) {
        Set<String> found = new TreeSet<>();
        for (RemapImage remap : image.remaps()) {
            if (MADE_AGAIN.contains(remap.kind())) {
                image.regularFile(remap.fileId()).filter(file -> file.path().startsWith("/")).ifPresent(file -> found.add(nearestAbove(file.path())));
            }
        }
        return found;
    }

    private static String nearestAbove(String path) {
        String directory = path.substring(0, Math.max(1, path.lastIndexOf('/')));
        return directory.equals("/") || FileCalls.statIfExists(directory).filter(FileStatus::isDirectory).isPresent() ? directory : nearestAbove(directory);
    }

    private static Turn await(Supplier<Optional<OwnedFd>> attempt, Patience patience, String others, String because, String remedy) {
        Duration limit = patience.left();
        while (true) {
            Optional<OwnedFd> lock = attempt.get();
            if (lock.isPresent()) {
                return new Turn(List.of(lock.get()));
            }
            patience.check();
            if (patience.isOver()) {
                throw new Failure(ExitCode.TIME_LIMIT, others + " took longer than " + Durations.format(limit), List.of(because),
                        List.of(remedy, "a longer --timeout"), new NotTheImagesFault("another restore had its turn"));
            }
            Pause.millis(PAUSE_MILLIS);
        }
    }

    private static Optional<OwnedFd> bound(String name) {
        OwnedFd socket = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0);
        try {
            SocketCalls.bindUnix(socket.number(), name);
            return Optional.of(socket);
        } catch (LinuxException e) {
            socket.close();
            if (!e.is(Errno.EADDRINUSE)) {
                throw e;
            }
            return Optional.empty();
        }
    }

    private static Optional<OwnedFd> locked(String file) {
        OwnedFd fd = FileCalls.open(file, OpenFlags.O_RDONLY);
        try {
            FileCalls.flock(fd.number(), FileCalls.LOCK_EX | FileCalls.LOCK_NB);
        } catch (LinuxException e) {
            // Some network file systems have no locks for readers: then it goes without.
            if (e.is(Errno.EAGAIN)) {
                fd.close();
                return Optional.empty();
            }
        }
        return Optional.of(fd);
    }

    @Override
    public void close() {
        locks.forEach(OwnedFd::close);
    }
}
