package dev.thaw.fdbroker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.SocketCalls;
import dev.thaw.linux.TerminalCalls;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(NoLeaks.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
class DescriptorDescriptionTest {
    @TempDir
    Path directory;

    @Test
    void a_regular_file_has_its_path_without_the_first_slash_for_a_key() {
        String path = directory.resolve("a b:c[1]").toString();
        try (OwnedFd fd = FileCalls.open(path, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND)) {
            FileCalls.writeFully(fd.number(), new byte[5]);
            DescriptorDescription it = describe(fd);
            assertEquals("file", it.kind());
            assertEquals(path, it.link());
            assertEquals(path.substring(1), it.key());
            assertEquals("write", it.access());
            assertEquals(OpenFlags.O_WRONLY | OpenFlags.O_APPEND, it.flags());
            assertEquals(5, it.position());
            FileStatus status = FileCalls.fstat(fd.number());
            assertEquals(status.inode(), it.inode());
            assertEquals(status.device(), it.device());
            assertEquals(status.mountId(), it.mountId());
        }
    }

    @Test
    void the_key_of_a_deleted_file_is_without_the_mark_that_the_kernel_adds() {
        String path = directory.resolve("gone").toString();
        try (OwnedFd fd = FileCalls.open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT)) {
            FileCalls.unlink(path);
            assertEquals(path + " (deleted)", describe(fd).link());
            assertEquals(path.substring(1), describe(fd).key());
        }
    }

    @Test
    void a_deleted_file_with_another_name_left_is_deleted_all_the_same() {
        String path = directory.resolve("first").toString();
        try (OwnedFd fd = FileCalls.open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT)) {
            FileCalls.link(path, directory.resolve("second").toString());
            FileCalls.unlink(path);
            assertEquals(path.substring(1), describe(fd).key());
        }
    }

    @Test
    void a_file_whose_name_ends_with_the_mark_keeps_it() {
        String path = directory.resolve("x (deleted)").toString();
        try (OwnedFd fd = FileCalls.open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT)) {
            assertEquals(path.substring(1), describe(fd).key());
        }
    }

    @Test
    void both_ends_of_a_pipe_have_one_key_and_differ_in_access() {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(0)) {
            DescriptorDescription reader = describe(pipe.reader());
            DescriptorDescription writer = describe(pipe.writer());
            assertEquals("pipe", reader.kind());
            assertEquals("pipe:[" + reader.inode() + "]", reader.key());
            assertEquals(reader.key(), writer.key());
            assertEquals("read", reader.access());
            assertEquals("write", writer.access());
        }
    }

    @Test
    void a_socket_has_the_key_of_its_own_inode() {
        OwnedFd[] pair = SocketCalls.socketpair(SocketCalls.SOCK_STREAM);
        try (OwnedFd one = pair[0]; OwnedFd other = pair[1]) {
            assertEquals("socket", describe(one).kind());
            assertEquals("socket:[" + describe(one).inode() + "]", describe(one).key());
            assertTrue(!describe(one).key().equals(describe(other).key()));
        }
    }

    @Test
    void a_terminal_has_the_numbers_of_its_two_devices_in_hexadecimal() {
        try (TerminalCalls.PseudoTerminal terminal = TerminalCalls.openPseudoTerminal();
             OwnedFd slave = FileCalls.open(terminal.slavePath(), OpenFlags.O_RDWR | OpenFlags.O_NOCTTY)) {
            FileStatus status = FileCalls.fstat(slave.number());
            assertEquals("tty", describe(slave).kind());
            String expected = "tty[" + Long.toHexString(status.specialDevice()) + ":" + Long.toHexString(status.device()) + "]";
            assertEquals(expected, describe(slave).key());
            assertEquals("tty", describe(terminal.master()).kind());
        }
    }

    @Test
    void a_memfd_has_its_name_with_the_slash() {
        try (OwnedFd fd = FdCalls.memfdCreate("cache", 0)) {
            assertEquals("memfd", describe(fd).kind());
            assertEquals("/memfd:cache", describe(fd).key());
        }
    }

    @Test
    void a_named_pipe_is_told_from_an_unnamed_one() {
        String path = directory.resolve("fifo").toString();
        FileCalls.mkfifo(path, 0600);
        try (OwnedFd fd = FileCalls.open(path, OpenFlags.O_RDWR)) {
            assertEquals("fifo", describe(fd).kind());
            assertEquals(path.substring(1), describe(fd).key());
        }
    }

    @ParameterizedTest
    @CsvSource({"/dev/null, null, dev/null", "/dev/zero, device, dev/zero", "/, directory, .", "/usr, directory, usr",
            "/proc/self/ns/net, namespace, ''"})
    void paths_have_kinds_and_keys(String path, String kind, String key) {
        try (OwnedFd fd = FileCalls.open(path, OpenFlags.O_RDONLY)) {
            assertEquals(kind, describe(fd).kind());
            assertEquals(key, describe(fd).key());
        }
    }

    @Test
    void a_pidfd_is_none_of_the_kinds_with_a_key() {
        try (OwnedFd fd = ProcessCalls.pidfdOpen(ProcessCalls.getpid())) {
            assertEquals("pidfd", describe(fd).kind());
            assertEquals("", describe(fd).key());
        }
    }

    @ParameterizedTest
    @CsvSource({"anon_inode:[eventfd], eventfd", "anon_inode:inotify, inotify", "anon_inode:[io_uring], io_uring",
            "anon_inode:[eventpoll], eventpoll"})
    void an_anonymous_inode_is_called_what_the_kernel_calls_it(String link, String kind) {
        assertEquals(kind, DescriptorDescription.kindOf(link, new FileStatus(1, 0, 2, 0600, 0, 0, 0, 0, 1, 1)));
    }

    @Test
    void a_descriptor_that_is_not_open_has_no_description() {
        assertEquals(Optional.empty(), DescriptorDescription.describeIfOpen(ProcessCalls.getpid(), 9999));
    }

    private static DescriptorDescription describe(OwnedFd fd) {
        return DescriptorDescription.describe(ProcessCalls.getpid(), fd.number());
    }
}
