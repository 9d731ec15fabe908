package dev.thaw.fdbroker;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/** Opens those {@link Source}s that stand for themselves; what an image recorded, and a pseudo-terminal, need more than a source. */
public final class SourceOpener {
    private static final int NEW_FILE_MODE = 0666;

    private final PathOpener paths;
    private final String journalSocket;
    private final String identifier;
    private final Function<String, OwnedFd> broker;

    /**
     * @param limit how long to wait for the other end of a FIFO
     * @param journalSocket usually {@link JournalStream#SOCKET}
     * @param identifier for a journal source without one
     * @param broker gets the descriptor of a name from the broker
     */
    public SourceOpener(Duration limit, String journalSocket, String identifier, Function<String, OwnedFd> broker) {
        this.paths = new PathOpener(limit);
        this.journalSocket = journalSocket;
        this.identifier = identifier;
        this.broker = broker;
    }

    /** O_* flags that an {@link Source.Open} of this kind asks for. */
    public static int flags(Source.How how) {
        switch (how) {
            case APPEND:
                return OpenFlags.O_WRONLY | OpenFlags.O_APPEND | OpenFlags.O_CREAT;
            case TRUNCATE:
                return OpenFlags.O_WRONLY | OpenFlags.O_TRUNC | OpenFlags.O_CREAT;
            case READ:
                return OpenFlags.O_RDONLY;
            case READ_WRITE:
                return OpenFlags.O_RDWR | OpenFlags.O_CREAT;
            default:
                throw new IllegalArgumentException(how + " is for a descriptor that an image recorded");
        }
    }

    /**
     * Opens a source.
     *
     * @param target number of the descriptor that is to be filled; what {@code inherit} means depends on it
     * @param access O_RDONLY, O_WRONLY or O_RDWR: what is wanted of {@code null}, where the source does not say
     * @return owned by the caller; for {@code inherit} and {@code fd:N} another descriptor for the same open file description
     * @throws SourceUnavailable when it cannot be had
     */
    public OwnedFd open(Source source, int target, int access) {
        try {
            if (source instanceof Source.Null) {
                return openPath("/dev/null", access);
            }
            if (source instanceof Source.Open open) {
                return openPath(open.path(), flags(open.how()));
            }
            if (source instanceof Source.Inherit) {
                return duplicate(source, target);
            }
            if (source instanceof Source.Descriptor descriptor) {
                return duplicate(source, descriptor.number());
            }
            if (source instanceof Source.Broker held) {
                return broker.apply(held.name());
            }
            if (source instanceof Source.Journal journal) {
                return JournalStream.connect(journalSocket, journal.identifier().isEmpty() ? identifier : journal.identifier());
            }
        } catch (LinuxException e) {
            throw new SourceUnavailable(source, e, source instanceof Source.Journal ? "append:PATH where no journal runs" : "another source");
        }
        throw new SourceUnavailable(source.text(), "it cannot be opened by itself for descriptor " + target, List.of("another source"));
    }

    /**
     * Opens a path close-on-exec; a terminal does not become the controlling one.
     *
     * @param flags O_* of open(2)
     */
    public OwnedFd openPath(String path, int flags) {
        return paths.open(path, flags | OpenFlags.O_NOCTTY, NEW_FILE_MODE);
    }

    private static OwnedFd duplicate(Source source, int number) {
        if (number > 2 && !InheritedDescriptors.contains(number)) {
            String why = "thaw was not started with a descriptor " + number;
            throw new SourceUnavailable(source.text(), why, List.of("in a shell: thaw ... " + number + "<FILE"));
        }
        return FdCalls.duplicate(number, 3);
    }
}
