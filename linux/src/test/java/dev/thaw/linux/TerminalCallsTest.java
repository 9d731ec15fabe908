package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NothingLeft.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
@Timeout(60)
class TerminalCallsTest {

    private TerminalCalls.PseudoTerminal terminal;
    private OwnedFd slave;

    @BeforeEach
    void open() {
        terminal = TerminalCalls.openPseudoTerminal();
        slave = FileCalls.open(terminal.slavePath(), OpenFlags.O_RDWR | OpenFlags.O_NOCTTY);
    }

    @AfterEach
    void close() {
        slave.close();
        terminal.close();
    }

    @Test
    void a_terminal_is_told_from_other_descriptors() {
        assertTrue(TerminalCalls.isTerminal(slave.number()));
        assertTrue(FdCalls.isCloseOnExec(terminal.master().number()));
        assertFalse(TerminalCalls.isTerminal(987));
        try (OwnedFd file = FdCalls.memfdCreate("x", 0)) {
            assertFalse(TerminalCalls.isTerminal(file.number()));
            assertEquals("ioctl(" + file.number() + ", TIOCGWINSZ): ENOTTY (Inappropriate ioctl for device)",
                assertThrows(LinuxException.class, () -> TerminalCalls.windowSize(file.number())).getMessage());
        }
    }

    @Test
    void window_size_is_seen_at_the_other_end() {
        TerminalCalls.WindowSize size = new TerminalCalls.WindowSize(50, 132, 40_000, 65_535);
        TerminalCalls.setWindowSize(terminal.master().number(), size);
        assertEquals(size, TerminalCalls.windowSize(slave.number()));
    }

    @Test
    void a_raw_terminal_passes_bytes_on_as_they_are() {
        byte[] before = TerminalCalls.attributes(slave.number());
        TerminalCalls.setAttributes(slave.number(), TerminalCalls.rawMode(before));
        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) i;
        }
        FileCalls.writeFully(terminal.master().number(), all);
        assertArrayEquals(all, read(slave.number(), 256));
        FileCalls.writeFully(slave.number(), "a\nb".getBytes());
        assertEquals("a\nb", new String(read(terminal.master().number(), 3)));
        TerminalCalls.setAttributes(slave.number(), before);
        assertArrayEquals(before, TerminalCalls.attributes(slave.number()));
    }

    @Test
    void a_usual_terminal_edits_lines_and_echoes() {
        FileCalls.writeFully(terminal.master().number(), "ax\u007fb\n".getBytes());
        assertEquals("ab\n", new String(read(slave.number(), 3)));
    }

    @Test
    void attributes_of_another_size_are_refused() {
        assertThrows(IllegalArgumentException.class, () -> TerminalCalls.rawMode(new byte[60]));
        assertThrows(IllegalArgumentException.class, () -> TerminalCalls.setAttributes(slave.number(), new byte[0]));
    }

    @Test
    void a_terminal_that_controls_no_session_has_no_foreground() {
        assertEquals(0, TerminalCalls.foregroundGroup(terminal.master().number()));
        assertTrue(assertThrows(LinuxException.class, () -> TerminalCalls.foregroundGroup(slave.number())).is(Errno.ENOTTY));
        assertTrue(assertThrows(LinuxException.class, () -> TerminalCalls.sessionOf(slave.number())).is(Errno.ENOTTY));
        assertTrue(assertThrows(LinuxException.class, () -> TerminalCalls.setForegroundGroup(slave.number(), 1)).is(Errno.ENOTTY));
        assertTrue(assertThrows(LinuxException.class, () -> TerminalCalls.setControllingTerminal(slave.number())).is(Errno.EPERM));
    }

    private static byte[] read(int fd, int count) {
        byte[] bytes = new byte[count];
        for (int done = 0; done < count; ) {
            assertEquals(FdCalls.POLLIN, FdCalls.poll(new int[] {fd}, FdCalls.POLLIN, 10_000)[0]);
            done += FileCalls.read(fd, bytes, done, count - done);
        }
        return bytes;
    }
}
