package dev.thaw.supervise;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.TerminalCalls;
import dev.thaw.linux.TerminalCalls.PseudoTerminal;
import java.util.Arrays;
import java.util.Optional;

/**
 * Joins a pseudo-terminal to thaw's own: what is typed goes in, what the program prints comes out, the size follows. Our terminal passes
 * every key on meanwhile, so that ^C is the pseudo-terminal's to handle.
 */
public final class TerminalRelay implements AutoCloseable {
    private static final byte[] END_OF_INPUT = {4};
    private static final long DRAIN_MILLIS = 1000;

    private final PseudoTerminal terminal;
    private final Optional<byte[]> attributesBefore;
    private final Thread output;

    private TerminalRelay(PseudoTerminal terminal) {
        this.terminal = terminal;
        this.attributesBefore = TerminalCalls.isTerminal(0) ? Optional.of(TerminalCalls.attributes(0)) : Optional.empty();
        this.output = new Thread(() -> copy(terminal.master().number(), 1), "from the pseudo-terminal");
    }

    /** Takes ownership of the pseudo-terminal, and of the mode of our own until {@link #close}. */
    public static TerminalRelay start(PseudoTerminal terminal) {
        TerminalRelay relay = new TerminalRelay(terminal);
        relay.attributesBefore.ifPresent(before -> TerminalCalls.setAttributes(0, TerminalCalls.rawMode(before)));
        relay.resize();
        relay.output.setDaemon(true);
        relay.output.start();
        Thread input = new Thread(relay::copyInput, "to the pseudo-terminal");
        // It may wait for a key when all is over.
        input.setDaemon(true);
        input.start();
        return relay;
    }

    /** Gives the pseudo-terminal our size; its foreground group gets SIGWINCH. */
    public void resize() {
        if (TerminalCalls.isTerminal(0)) {
            TerminalCalls.setWindowSize(terminal.master().number(), TerminalCalls.windowSize(0));
        }
    }

    /** To be called when the program has ended: passes on what it printed last. */
    @Override
    public void close() {
        try {
            output.join(DRAIN_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        attributesBefore.ifPresent(before -> TerminalCalls.setAttributes(0, before));
    }

    private void copyInput() {
        copy(0, terminal.master().number());
        if (attributesBefore.isEmpty()) {
            write(terminal.master().number(), END_OF_INPUT);
        }
    }

    /** Until the end, which for a pseudo-terminal is EIO once no program has it open. */
    private static void copy(int from, int to) {
        byte[] buffer = new byte[8192];
        try {
            int count = FileCalls.read(from, buffer, 0, buffer.length);
            while (count > 0 && write(to, Arrays.copyOf(buffer, count))) {
                count = FileCalls.read(from, buffer, 0, buffer.length);
            }
        } catch (LinuxException ended) {
            return;
        }
    }

    private static boolean write(int to, byte[] bytes) {
        try {
            FileCalls.writeFully(to, bytes);
            return true;
        } catch (LinuxException nobodyReads) {
            return FdCalls.isOpen(to);
        }
    }
}
