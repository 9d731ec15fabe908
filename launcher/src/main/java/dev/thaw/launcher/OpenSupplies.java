package dev.thaw.launcher;

import dev.thaw.fdbroker.SourceOpener;
import dev.thaw.fdbroker.SourceUnavailable;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.TerminalCalls;
import dev.thaw.linux.TerminalCalls.PseudoTerminal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** A plan's supplies, opened in this process: owns them until it is closed. */
final class OpenSupplies implements AutoCloseable {
    private final SourceOpener opener;
    private final SortedMap<Integer, OwnedFd> opened = new TreeMap<>();
    private Optional<PseudoTerminal> terminal = Optional.empty();

    private OpenSupplies(SourceOpener opener) {
        this.opener = opener;
    }

    /** @throws SourceUnavailable when one of them cannot be had; nothing stays open then */
    static OpenSupplies open(SourceOpener opener, SortedMap<Integer, Supply> supplies) {
        OpenSupplies open = new OpenSupplies(opener);
        try {
            for (Map.Entry<Integer, Supply> supply : supplies.entrySet()) {
                open.opened.put(supply.getKey(), open.open(supply.getKey(), supply.getValue()));
            }
            return open;
        } catch (RuntimeException e) {
            open.close();
            throw e;
        }
    }

    /** Number in the child → number here. */
    SortedMap<Integer, Integer> numbers() {
        SortedMap<Integer, Integer> numbers = new TreeMap<>();
        opened.forEach((child, fd) -> numbers.put(child, fd.number()));
        return numbers;
    }

    /** The pseudo-terminal's other side, which from here on is the caller's. */
    Optional<PseudoTerminal> takeTerminal() {
        Optional<PseudoTerminal> taken = terminal;
        terminal = Optional.empty();
        return taken;
    }

    @Override
    public void close() {
        opened.values().forEach(OwnedFd::close);
        terminal.ifPresent(PseudoTerminal::close);
    }

    private OwnedFd open(int number, Supply supply) {
        if (supply instanceof Supply.Callers callers) {
            return FdCalls.duplicate(callers.number(), 3);
        }
        if (supply instanceof Supply.CallersAppending callers) {
            FdCalls.setFlags(callers.number(), FdCalls.getFlags(callers.number()) | OpenFlags.O_APPEND);
            return FdCalls.duplicate(callers.number(), 3);
        }
        if (supply instanceof Supply.Opened source) {
            return opener.open(source.source(), number, source.access());
        }
        if (supply instanceof Supply.SameAs same) {
            return opened.get(same.number()).duplicate();
        }
        if (supply instanceof Supply.OpenedPath path) {
            return openPath(path);
        }
        if (terminal.isEmpty()) {
            terminal = Optional.of(TerminalCalls.openPseudoTerminal());
            // Before the program can ask for it.
            if (TerminalCalls.isTerminal(0)) {
                TerminalCalls.setWindowSize(terminal.get().master().number(), TerminalCalls.windowSize(0));
            }
        }
        return opener.openPath(terminal.get().slavePath(), OpenFlags.O_RDWR);
    }

    private OwnedFd openPath(Supply.OpenedPath path) {
        try {
            return opener.openPath(path.path(), path.flags());
        } catch (LinuxException e) {
            throw new SourceUnavailable(path.asked(), e.getMessage(), List.of("another path, or other permissions"));
        }
    }
}
