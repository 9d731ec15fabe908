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
import java.util.function.Function;

/** Opens what a plan hands over, exactly as it says: access mode, status flags, offset. What is in there stays: {@link Contents} comes later. */
final class HandoverOpener {
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

    /** Only what certainly was not there before is noted as made by us. */
    private static OwnedFd create(String path, int flags, int mode, OpenedHandovers opened) {
        try {
            OwnedFd fd = FileCalls.open(path, flags | OpenFlags.O_EXCL, mode);
            opened.made(path, FileCalls.fstat(fd.number()));
            return fd;
        } catch (LinuxException e) {
            if (e.is(Errno.EEXIST)) { // a link that points nowhere yet, or somebody else has just made it
                return FileCalls.open(path, flags, mode);
            }
            throw e;
        }
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
