package dev.thaw.linux.proc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class FdInfoTest {

    @Test
    void lines_of_every_descriptor_are_read_and_others_skipped() {
        FdInfo info = FdInfo.parse("pos:\t4096\nflags:\t02102001\nmnt_id:\t27\nino:\t18446744073709551615\n"
            + "lock:\t1: FLOCK  ADVISORY  WRITE 4 00:2f:7 0 EOF\n");
        assertEquals(new FdInfo(4096, 02102001, 27, -1), info);
        assertTrue(info.closeOnExec());
        assertEquals(OpenFlags.O_WRONLY | OpenFlags.O_APPEND, info.statusFlags());
    }

    @Test
    void an_older_kernel_does_not_tell_the_inode() {
        assertEquals(new FdInfo(0, 0100000, 9, -1), FdInfo.parse("pos:\t0\nflags:\t0100000\nmnt_id:\t9\n"));
    }

    @Test
    void the_inode_that_a_watch_refers_to_is_not_the_descriptors_own() {
        FdInfo info = FdInfo.parse("pos:\t0\nflags:\t00\nmnt_id:\t15\nino:\t1061\ninotify wd:1 ino:2a sdev:800001 mask:800afce\n");
        assertEquals(1061, info.inode());
        assertEquals(-1, FdInfo.parse("pos:\t0\nflags:\t00\nmnt_id:\t15\ninotify wd:1 ino:2a sdev:800001\n").inode());
    }

    @Test
    void an_offset_may_be_negative() {
        assertEquals(-4096, FdInfo.parse("pos:\t-4096\nflags:\t00\nmnt_id:\t9\nino:\t1\n").position());
    }

    @Test
    void other_text_is_refused() {
        assertThrows(IllegalArgumentException.class, () -> FdInfo.parse("pos:\t0\nflags:\t00\n"));
        assertThrows(IllegalArgumentException.class, () -> FdInfo.parse(""));
    }

    @Test
    void a_real_descriptor_is_described_as_statx_and_fcntl_describe_it() {
        try (OwnedFd file = FdCalls.memfdCreate("x", 0)) {
            FileCalls.writeFully(file.number(), new byte[3]);
            FdCalls.setFlags(file.number(), OpenFlags.O_APPEND);
            FdInfo info = FdInfo.read(ProcessCalls.getpid(), file.number());
            FileStatus status = FileCalls.fstat(file.number());
            assertEquals(3, info.position());
            assertEquals(status.mountId(), info.mountId());
            assertEquals(status.inode(), info.inode());
            assertEquals(OpenFlags.O_RDWR | OpenFlags.O_APPEND, info.statusFlags());
            assertTrue(info.closeOnExec());
            FdCalls.setCloseOnExec(file.number(), false);
            assertFalse(FdInfo.read(ProcessCalls.getpid(), file.number()).closeOnExec());
        }
        assertThrows(LinuxException.class, () -> FdInfo.read(ProcessCalls.getpid(), 987));
    }
}
