package dev.thaw.it;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.TerminalCalls;

/** A pseudo-terminal whose master the test holds. */
public final class TestPty implements AutoCloseable {
    private final TerminalCalls.PseudoTerminal terminal = TerminalCalls.openPseudoTerminal();
    private final OwnedFd slave = FileCalls.open(terminal.slavePath(), OpenFlags.O_RDWR | OpenFlags.O_NOCTTY | OpenFlags.O_CLOEXEC);

    /** 24 rows of 80 columns. */
    public TestPty() {
        setWindowSize(24, 80);
    }

    public int master() {
        return terminal.master().number();
    }

    /** For the child's table. As long as it is open here, the master gets no end of file. */
    public int slave() {
        return slave.number();
    }

    public String slavePath() {
        return terminal.slavePath();
    }

    /** Closes the slave here, so that the master gets its end of file when the last process has closed it. */
    public void releaseSlave() {
        slave.close();
    }

    /** Closes the master here: the terminal is hung up when the last process has closed it. */
    public void releaseMaster() {
        terminal.master().close();
    }

    /** Types: what the program reads from its terminal. It is echoed, unless the program has turned that off. */
    public void type(String text) {
        Bytes.write(master(), text);
    }

    /** Reads what the program writes, and the echo, up to this text. @return all until then; a terminal makes {@code \r\n} of {@code \n} */
    public String readUntil(String text) {
        return Bytes.readUntil(master(), text);
    }

    public TerminalCalls.WindowSize windowSize() {
        return TerminalCalls.windowSize(master());
    }

    public void setWindowSize(int rows, int columns) {
        TerminalCalls.setWindowSize(master(), new TerminalCalls.WindowSize(rows, columns, 0, 0));
    }

    @Override
    public void close() {
        slave.close();
        terminal.close();
    }
}
