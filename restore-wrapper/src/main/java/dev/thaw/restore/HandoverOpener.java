package dev.thaw.restore;

import dev.thaw.fdbroker.JournalStream;
import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.plan.Handover;
import dev.thaw.plan.Opening;
import dev.thaw.plan.RestorePlan;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Opens what a plan hands over, exactly as it says: access mode, status flags, offset. What is in there stays: {@link Contents} comes later. */
final class HandoverOpener {
    /** As the kernel (man 7 path_resolution). */
    private static final int MOST_LINKS = 40;
    private static final int STICKY_FOR_ALL = 01002;

    private final Function<Opening, OwnedFd> elsewhere;

    /** @param elsewhere opens what is neither a path nor a descriptor of ours: from the broker, a fresh terminal */
    HandoverOpener(Function<Opening, OwnedFd> elsewhere) {
        this.elsewhere = elsewhere;
    }

    /** @return every descriptor of the plan; on failure nothing stays open */
    OpenedHandovers open(RestorePlan plan) {
        OpenedHandovers opened = new OpenedHandovers();
        try {
            for (Handover handover : plan.handovers()) {
                opened.put(handover, open(handover, opened));
            }
            return opened;
        } catch (RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private OwnedFd open(Handover handover, OpenedHandovers opened) {
        try {
            if (handover.opening() instanceof Opening.Own own) {
                return duplicate(own.number());
            }
            if (handover.opening() instanceof Opening.OwnAgain again) {
                return FileCalls.open("/proc/self/fd/" + again.number(), again.flags() | OpenFlags.O_NOCTTY);
            }
            if (handover.opening() instanceof Opening.Path path) {
                return openPath(path, opened);
            }
            if (handover.opening() instanceof Opening.Journal journal) {
                return JournalStream.connect(JournalStream.SOCKET, journal.identifier());
            }
            return elsewhere.apply(handover.opening());
        } catch (LinuxException e) {
            throw new Failure(ExitCode.SOURCE, "the source for " + handover.uses().get(0).text() + " is not available: "
                    + handover.opening().text(), List.of(e.getMessage()), List.of("--map with another source; thaw plan shows all of them"), e);
        }
    }

    private static OwnedFd duplicate(int number) {
        OwnedFd own = OwnedFd.of(number);
        try {
            return own.duplicateAtLeast(3);
        } finally {
            own.release();
        }
    }

    private static OwnedFd openPath(Opening.Path opening, OpenedHandovers opened) {
        FileStatus status = FileCalls.statIfExists(opening.path()).orElse(null);
        if (status != null && status.isFifo()) {
            return openFifo(opening);
        }
        int flags = opening.flags() & ~OpenFlags.O_TRUNC | OpenFlags.O_NOCTTY;
        if (status == null && opening.createMode().isPresent()) {
            return create(opening.path(), flags | OpenFlags.O_CREAT, opening.createMode().getAsInt(), opened);
        }
        OwnedFd fd = FileCalls.open(opening.path(), flags);
        if (opening.seek() >= 0) {
            FileCalls.lseek(fd.number(), opening.seek(), FileCalls.SEEK_SET);
        }
        return fd;
    }

    /** Only what certainly was not there before is noted as made by us: of a link that points nowhere yet, what it points to. */
    private static OwnedFd create(String path, int flags, int mode, OpenedHandovers opened) {
        Optional<String> place = Optional.of(path);
        for (int links = 0; links < MOST_LINKS && place.isPresent(); links++) {
            Optional<OwnedFd> made = createNew(place.get(), flags, mode);
            if (made.isPresent()) {
                opened.made(place.get(), FileCalls.fstat(made.get().number()));
                return made.get();
            }
            place = behindLink(place.get());
        }
        return FileCalls.open(path, flags, mode); // somebody else has just made it, or it is for the kernel to say whether we may follow
    }

    /** @return empty when there is something of that name */
    private static Optional<OwnedFd> createNew(String path, int flags, int mode) {
        try {
            return Optional.of(FileCalls.open(path, flags | OpenFlags.O_EXCL, mode));
        } catch (LinuxException e) {
            if (e.is(Errno.EEXIST)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Where everybody may put links the kernel looks whose they are, and we could not without a race (man 5 proc, protected_symlinks). */
    private static Optional<String> behindLink(String path) {
        String directory = path.contains("/") ? path.substring(0, path.lastIndexOf('/') + 1) : "./";
        boolean link = FileCalls.lstatIfExists(path).filter(FileStatus::isSymbolicLink).isPresent();
        if (!link || (FileCalls.stat(directory).permissions() & STICKY_FOR_ALL) == STICKY_FOR_ALL) {
            return Optional.empty();
        }
        String target = FileCalls.readlink(path);
        return Optional.of(target.startsWith("/") ? target : directory + target);
    }

    /** Opening one end of a FIFO waits for the other; with a both-ways descriptor held for a moment, it doesn't (man 7 fifo). */
    private static OwnedFd openFifo(Opening.Path opening) {
        try (OwnedFd both = FileCalls.open(opening.path(), OpenFlags.O_RDWR | OpenFlags.O_NONBLOCK)) {
            return FileCalls.open("/proc/self/fd/" + both.number(), opening.flags());
        } catch (LinuxException e) {
            if (e.is(Errno.ENXIO)) {
                throw new Failure(ExitCode.SOURCE, "nobody has the other end of " + KernelString.printable(opening.path()) + " open",
                        List.of(e.getMessage()), List.of("start its reader first"), e);
            }
            throw e;
        }
    }
}
