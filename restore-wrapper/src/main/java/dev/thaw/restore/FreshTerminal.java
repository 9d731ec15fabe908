package dev.thaw.restore;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.TerminalCalls;
import dev.thaw.linux.TerminalCalls.PseudoTerminal;
import java.util.Optional;

/** The pseudo-terminal of {@code pty} sources: one for the whole restore, made when it is first asked for. */
public final class FreshTerminal implements AutoCloseable {
    private Optional<PseudoTerminal> terminal = Optional.empty();

    /** The application's side; a descriptor of the caller's own each time. It does not become our controlling terminal. */
    public OwnedFd open() {
        if (terminal.isEmpty()) {
            terminal = Optional.of(TerminalCalls.openPseudoTerminal());
            if (TerminalCalls.isTerminal(0)) {
                TerminalCalls.setWindowSize(terminal.get().master().number(), TerminalCalls.windowSize(0));
            }
        }
        return FileCalls.open(terminal.get().slavePath(), OpenFlags.O_RDWR | OpenFlags.O_NOCTTY);
    }

    /** The other side, for whoever joins it to a terminal; owned by the caller from now on. Empty when none was asked for. */
    public Optional<PseudoTerminal> release() {
        Optional<PseudoTerminal> released = terminal;
        terminal = Optional.empty();
        return released;
    }

    @Override
    public void close() {
        terminal.ifPresent(PseudoTerminal::close);
        terminal = Optional.empty();
    }
}
