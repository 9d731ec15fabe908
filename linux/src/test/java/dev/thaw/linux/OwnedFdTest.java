package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NothingLeft.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
class OwnedFdTest {

    @Test
    void closing_closes_once() {
        OwnedFd fd = FdCalls.memfdCreate("x", 0);
        int number = fd.number();
        assertTrue(fd.isOpen());
        fd.close();
        assertFalse(FdCalls.isOpen(number));
        assertFalse(fd.isOpen());
        // The number may belong to somebody else by now.
        try (OwnedFd next = FdCalls.memfdCreate("y", 0)) {
            fd.close();
            assertTrue(FdCalls.isOpen(next.number()));
        }
        assertThrows(IllegalStateException.class, fd::number);
        assertEquals("fd (gone)", fd.toString());
    }

    @Test
    void a_released_descriptor_stays_open_and_has_another_owner() {
        int number;
        try (OwnedFd fd = FdCalls.memfdCreate("x", 0)) {
            number = fd.release();
            assertThrows(IllegalStateException.class, fd::release);
        }
        assertTrue(FdCalls.isOpen(number));
        OwnedFd.of(number).close();
    }

    @Test
    void a_duplicate_shares_the_offset_and_is_close_on_exec() {
        try (OwnedFd fd = FdCalls.memfdCreate("x", 0);
             OwnedFd copy = fd.duplicate();
             OwnedFd high = fd.duplicateAtLeast(300)) {
            FileCalls.writeFully(fd.number(), new byte[5]);
            assertEquals(5, FileCalls.lseek(copy.number(), 0, FileCalls.SEEK_CUR));
            assertTrue(high.number() >= 300);
            assertTrue(FdCalls.isCloseOnExec(copy.number()) && FdCalls.isCloseOnExec(high.number()));
        }
    }

    @Test
    void a_descriptor_that_somebody_else_closed_is_an_error() {
        OwnedFd fd = FdCalls.memfdCreate("x", 0);
        OwnedFd thief = OwnedFd.of(fd.number());
        thief.close();
        assertTrue(assertThrows(LinuxException.class, fd::close).is(Errno.EBADF));
        assertThrows(IllegalArgumentException.class, () -> OwnedFd.of(-1));
    }
}
