package dev.thaw.fdbroker.server;

import dev.thaw.fdbroker.broker.Access;
import dev.thaw.fdbroker.broker.Refusal.Reason;
import dev.thaw.linux.Errno;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import java.util.Comparator;
import java.util.List;

/**
 * Opens files for clients, with the broker's rights, below certain folders only. The kernel resolves the path inside the folder: no
 * {@code ..}, symbolic link or rename leads out of it, no link of {@code /proc} is followed, no mount inside it is entered, as its file
 * system may be a client's own.
 */
final class FolderOpener {
    private static final long INSIDE = FileCalls.RESOLVE_BENEATH | FileCalls.RESOLVE_NO_MAGICLINKS | FileCalls.RESOLVE_NO_XDEV;
    private static final int NEW_FILE_MODE = 0640;
    private static final int ATTEMPTS = 5;

    private FolderOpener() {}

    /**
     * @param path absolute
     * @return owned by the caller
     */
    static OwnedFd open(List<String> folders, String path, Access access) {
        String folder = folders.stream()
                .filter(candidate -> path.startsWith(withSlash(candidate)))
                .max(Comparator.comparing(String::length))
                .orElseThrow(() -> new RefusedException(
                        Reason.FOLDER,
                        KernelString.printable(path) + " is not below a folder that may be opened from: "
                                + (folders.isEmpty() ? "there is none" : KernelString.printable(String.join(", ", folders))),
                        "thaw broker serve --folder DIR, or 'folders' in its policy file; or open it yourself: thaw broker store NAME --fd N"));
        try (OwnedFd directory = FileCalls.open(folder, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY)) {
            return openIn(directory.number(), path.substring(withSlash(folder).length()), access);
        } catch (LinuxException e) {
            throw refused(e, path, folder);
        }
    }

    private static OwnedFd openIn(int directory, String relative, Access access) {
        LinuxException raced = null;
        for (int i = 0; i < ATTEMPTS; i++) {
            try (OwnedFd place = FileCalls.openat2(directory, relative, OpenFlags.O_PATH, 0, INSIDE)) {
                return reopened(place, access);
            } catch (LinuxException e) {
                raced = e;
                if (e.is(Errno.ENOENT) && access.creates()) {
                    try {
                        return create(directory, relative, access);
                    } catch (LinuxException made) {
                        raced = made;
                    }
                }
                if (!raced.is(Errno.EAGAIN) && !raced.is(Errno.EEXIST)) {
                    throw raced;
                }
            }
        }
        throw raced;
    }

    private static OwnedFd create(int directory, String relative, Access access) {
        int flags = access.flags() | OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_NOCTTY | OpenFlags.O_LARGEFILE;
        return FileCalls.openat2(directory, relative, flags, NEW_FILE_MODE, INSIDE);
    }

    /** What it is has to be known before: to open a device can do things, and to open a FIFO can wait for ever. */
    private static OwnedFd reopened(OwnedFd place, Access access) {
        FileStatus status = FileCalls.fstatAtHand(place.number());
        if (!status.isRegular() && !status.isFifo()) {
            throw new RefusedException(Reason.NOT_OPENED, "it is neither a file nor a FIFO", "open it yourself: thaw broker store NAME --fd N");
        }
        String path = "/proc/self/fd/" + place.number();
        OwnedFd fd = FileCalls.open(path, access.flags() | OpenFlags.O_NONBLOCK | OpenFlags.O_NOCTTY);
        FdCalls.setFlags(fd.number(), FdCalls.getFlags(fd.number()) & ~OpenFlags.O_NONBLOCK);
        return fd;
    }

    private static RefusedException refused(LinuxException e, String path, String folder) {
        if (e.is(Errno.EXDEV) || e.is(Errno.ELOOP)) {
            return new RefusedException(
                    Reason.FOLDER,
                    KernelString.printable(path) + " leads out of " + KernelString.printable(folder) + ", or into a mount inside it: "
                            + e.getMessage(),
                    "a folder of its own for what lies there: thaw broker serve --folder DIR");
        }
        String why = e.is(Errno.ENXIO) ? "nobody reads the FIFO: " + e.getMessage() : e.getMessage();
        return new RefusedException(Reason.NOT_OPENED, why, "the path, and what user the broker runs as");
    }

    private static String withSlash(String folder) {
        return folder.endsWith("/") ? folder : folder + "/";
    }
}
