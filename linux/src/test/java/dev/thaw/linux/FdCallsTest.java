package dev.thaw.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NothingLeft.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
@Timeout(60)
class FdCallsTest {

    @Test
    void what_is_passed_on_is_open_and_not_close_on_exec() {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(0)) {
            int number = pipe.reader().number();
            assertFalse(FdCalls.isPassedOn(number), "born close-on-exec");
            FdCalls.setCloseOnExec(number, false);
            assertTrue(FdCalls.isPassedOn(number));
        }
        assertFalse(FdCalls.isPassedOn(1_000_000));
    }

    @Test
    void tee_copies_what_is_in_a_pipe_and_takes_nothing_out() {
        try (FdCalls.Pipe from = FdCalls.pipe2(OpenFlags.O_NONBLOCK); FdCalls.Pipe to = FdCalls.pipe2(OpenFlags.O_NONBLOCK)) {
            assertEquals(0, FdCalls.tee(from.reader().number(), to.writer().number(), 100));
            FileCalls.writeFully(from.writer().number(), "abc".getBytes());
            assertEquals(3, FdCalls.tee(from.reader().number(), to.writer().number(), 100));
            assertEquals(3, FdCalls.bytesAvailable(from.reader().number()));
            byte[] copy = new byte[10];
            assertEquals(3, FileCalls.read(to.reader().number(), copy, 0, 10));
            assertTrue(assertThrows(LinuxException.class, () -> FdCalls.tee(from.reader().number(), from.writer().number(), 1)).is(Errno.EINVAL));
        }
    }

    @Test
    void status_flags_are_shared_by_all_who_have_the_description() {
        try (OwnedFd fd = FdCalls.memfdCreate("x", 0);
             OwnedFd copy = fd.duplicate()) {
            FdCalls.setFlags(fd.number(), OpenFlags.O_APPEND | OpenFlags.O_NONBLOCK);
            int flags = FdCalls.getFlags(copy.number());
            assertEquals("O_RDWR|O_APPEND|O_NONBLOCK", OpenFlags.describe(flags & ~OpenFlags.O_LARGEFILE));
        }
    }

    @Test
    void close_on_exec_belongs_to_the_descriptor() {
        try (OwnedFd fd = FdCalls.memfdCreate("x", 0);
             OwnedFd copy = fd.duplicate()) {
            FdCalls.setCloseOnExec(copy.number(), false);
            assertTrue(FdCalls.isCloseOnExec(fd.number()));
            assertFalse(FdCalls.isCloseOnExec(copy.number()));
            FdCalls.setCloseOnExec(copy.number(), true);
            assertTrue(FdCalls.isCloseOnExec(copy.number()));
        }
    }

    @Test
    void a_number_that_is_not_open_is_EBADF() {
        assertFalse(FdCalls.isOpen(987));
        assertEquals("fcntl(987, F_GETFL): EBADF (Bad file descriptor)",
            assertThrows(LinuxException.class, () -> FdCalls.getFlags(987)).getMessage());
        assertThrows(LinuxException.class, () -> FdCalls.isCloseOnExec(987));
    }

    @Test
    void a_descriptor_is_copied_to_a_number() {
        try (OwnedFd fd = FdCalls.memfdCreate("x", 0);
             OwnedFd target = fd.duplicateAtLeast(200);
             OwnedFd other = FdCalls.memfdCreate("y", 0)) {
            FdCalls.dup2(other.number(), target.number());
            assertFalse(FdCalls.isCloseOnExec(target.number()));
            assertEquals(FileCalls.fstat(other.number()).inode(), FileCalls.fstat(target.number()).inode());
            FdCalls.dup3(fd.number(), target.number(), OpenFlags.O_CLOEXEC);
            assertTrue(FdCalls.isCloseOnExec(target.number()));
            assertTrue(assertThrows(LinuxException.class, () -> FdCalls.dup3(fd.number(), fd.number(), 0)).is(Errno.EINVAL));
        }
    }

    @Test
    void a_range_is_marked_or_closed() {
        try (OwnedFd fd = FdCalls.memfdCreate("x", 0)) {
            int first = fd.duplicateAtLeast(500).release();
            int second = fd.duplicateAtLeast(501).release();
            FdCalls.setCloseOnExec(first, false);
            FdCalls.closeRange(first, second, FdCalls.CLOSE_RANGE_CLOEXEC);
            assertTrue(FdCalls.isCloseOnExec(first));
            FdCalls.closeRange(first, second, 0);
            assertFalse(FdCalls.isOpen(first) || FdCalls.isOpen(second));
        }
    }

    @Test
    void unread_bytes_of_a_pipe_are_counted() {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(0)) {
            assertEquals(0, FdCalls.bytesAvailable(pipe.reader().number()));
            FileCalls.writeFully(pipe.writer().number(), new byte[11]);
            assertEquals(11, FdCalls.bytesAvailable(pipe.reader().number()));
        }
    }

    @Test
    void a_pipe_has_a_size_that_can_be_changed() {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_NONBLOCK)) {
            assertEquals(131072, FdCalls.setPipeSize(pipe.writer().number(), 100_000));
            assertEquals(131072, FdCalls.getPipeSize(pipe.reader().number()));
            FileCalls.writeFully(pipe.writer().number(), new byte[50_000]);
            assertTrue(assertThrows(LinuxException.class, () -> FdCalls.setPipeSize(pipe.writer().number(), 4096)).is(Errno.EBUSY));
        }
    }

    @Test
    void closing_a_pipe_closes_both_ends() {
        FdCalls.Pipe pipe = FdCalls.pipe2(0);
        pipe.close();
        assertFalse(pipe.reader().isOpen() || pipe.writer().isOpen());
    }

    @Test
    void owner_and_signal_of_a_description_are_kept() {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(0)) {
            int fd = pipe.reader().number();
            assertEquals(0, FdCalls.getOwner(fd));
            FdCalls.setOwner(fd, ProcessCalls.getpid());
            assertEquals(ProcessCalls.getpid(), FdCalls.getOwner(fd));
            FdCalls.setOwner(fd, -ProcessCalls.getpgid(0));
            assertEquals(-ProcessCalls.getpgid(0), FdCalls.getOwner(fd));
            FdCalls.setOwner(fd, 0);
            assertEquals(0, FdCalls.getOwner(fd));
            FdCalls.setSignal(fd, Signals.SIGRTMIN);
            assertEquals(Signals.SIGRTMIN, FdCalls.getSignal(fd));
        }
    }

    @Test
    void poll_tells_what_is_the_case_for_each() {
        try (FdCalls.Pipe quiet = FdCalls.pipe2(0);
             FdCalls.Pipe loud = FdCalls.pipe2(0);
             FdCalls.Pipe gone = FdCalls.pipe2(0)) {
            FileCalls.writeFully(loud.writer().number(), new byte[1]);
            gone.writer().close();
            int[] fds = {quiet.reader().number(), loud.reader().number(), gone.reader().number(), -1, 987};
            short[] expected = {0, FdCalls.POLLIN, FdCalls.POLLHUP, 0, FdCalls.POLLNVAL};
            assertArrayEquals(expected, FdCalls.poll(fds, FdCalls.POLLIN, -1));
        }
    }

    @Test
    void poll_returns_when_its_time_has_passed() {
        try (FdCalls.Pipe quiet = FdCalls.pipe2(0)) {
            long start = System.nanoTime();
            assertArrayEquals(new short[1], FdCalls.poll(new int[] {quiet.reader().number()}, FdCalls.POLLIN, 50));
            assertTrue(System.nanoTime() - start >= 49_000_000);
        }
    }
}
