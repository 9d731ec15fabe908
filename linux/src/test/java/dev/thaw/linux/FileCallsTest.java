package dev.thaw.linux;

import static dev.thaw.linux.OpenFlags.O_CREAT;
import static dev.thaw.linux.OpenFlags.O_DIRECTORY;
import static dev.thaw.linux.OpenFlags.O_EXCL;
import static dev.thaw.linux.OpenFlags.O_NOFOLLOW;
import static dev.thaw.linux.OpenFlags.O_NONBLOCK;
import static dev.thaw.linux.OpenFlags.O_PATH;
import static dev.thaw.linux.OpenFlags.O_RDONLY;
import static dev.thaw.linux.OpenFlags.O_RDWR;
import static dev.thaw.linux.OpenFlags.O_WRONLY;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.proc.MountInfo;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NothingLeft.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
class FileCallsTest {

    @TempDir
    Path directory;

    private String file;

    @BeforeEach
    void makeFile() {
        file = directory + "/file";
        FileCalls.writeFile(file, "0123456789".getBytes(), 0640);
    }

    @Test
    void a_failed_open_names_the_path_and_the_flags() {
        assertEquals("open(\"/no/su\\nch\", O_WRONLY|O_CREAT): ENOENT (No such file or directory)",
            assertThrows(LinuxException.class, () -> FileCalls.open("/no/su\nch", O_WRONLY | O_CREAT)).getMessage());
        assertFails(Errno.EEXIST, () -> FileCalls.open(file, O_WRONLY | O_CREAT | O_EXCL, 0600));
        assertThrows(IllegalArgumentException.class, () -> FileCalls.open("a\0b", O_RDONLY));
    }

    @Test
    void every_descriptor_is_born_close_on_exec() {
        try (OwnedFd plain = FileCalls.open(file, O_RDONLY);
             OwnedFd dir = FileCalls.open(directory.toString(), O_RDONLY | O_DIRECTORY);
             OwnedFd at = FileCalls.openat(dir.number(), "file", O_RDONLY, 0);
             OwnedFd at2 = FileCalls.openat2(dir.number(), "file", O_RDONLY, 0, 0)) {
            for (OwnedFd fd : List.of(plain, dir, at, at2)) {
                assertTrue(FdCalls.isCloseOnExec(fd.number()));
            }
        }
    }

    @Test
    void openat2_keeps_below_the_directory_and_off_links() {
        FileCalls.symlink("file", directory + "/link");
        try (OwnedFd dir = FileCalls.open(directory.toString(), O_PATH | O_DIRECTORY)) {
            assertFails(Errno.EXDEV, () -> FileCalls.openat2(dir.number(), "../x", O_RDONLY, 0, FileCalls.RESOLVE_BENEATH));
            assertFails(Errno.ELOOP, () -> FileCalls.openat2(dir.number(), "link", O_RDONLY, 0, FileCalls.RESOLVE_NO_SYMLINKS));
        }
    }

    @Test
    void names_that_are_no_UTF_8_are_made_listed_opened_and_removed() {
        String odd = KernelString.decode(new byte[] {'o', (byte) 0xff, '\n', (byte) 0xc3});
        FileCalls.writeFile(directory + "/" + odd, new byte[] {1}, 0600);
        assertEquals(List.of("file", odd), FileCalls.list(directory.toString()));
        assertArrayEquals(new byte[] {1}, FileCalls.readAll(directory + "/" + odd));
        FileCalls.unlink(directory + "/" + odd);
        assertEquals(List.of("file"), FileCalls.list(directory.toString()));
    }

    @Test
    void a_directory_larger_than_one_buffer_is_listed_completely_and_sorted() {
        List<String> expected = new ArrayList<>();
        for (int i = 1000; i < 2500; i++) {
            expected.add("n" + i + "-with-a-name-that-takes-some-room");
            FileCalls.symlink("x", directory + "/" + expected.get(i - 1000));
        }
        expected.add(0, "file");
        assertEquals(expected, FileCalls.list(directory.toString()));
    }

    @Test
    void status_is_what_the_JDK_says_too() throws Exception {
        FileCalls.chmod(file, 04751);
        FileStatus status = FileCalls.stat(file);
        assertTrue(status.isRegular());
        assertEquals(Files.getAttribute(Path.of(file), "unix:ino"), status.inode());
        assertEquals(Files.getAttribute(Path.of(file), "unix:dev"), status.device());
        assertEquals(Files.getAttribute(Path.of(file), "unix:mode"), status.mode());
        assertEquals(04751, status.permissions());
        assertEquals(10, status.size());
        assertEquals(1, status.links());
        assertEquals(Files.getLastModifiedTime(Path.of(file)).to(TimeUnit.NANOSECONDS), status.modifiedNanos());
        assertEquals(ProcessCalls.geteuid(), status.uid());
    }

    @Test
    void mount_id_and_device_are_those_of_mountinfo() {
        FileStatus status = FileCalls.stat("/proc/self/status");
        MountInfo proc = MountInfo.read(ProcessCalls.getpid()).stream()
            .filter(mount -> mount.mountId() == status.mountId())
            .findAny().orElseThrow();
        assertEquals("proc", proc.fsType());
        assertEquals(FileStatus.device(proc.major(), proc.minor()), status.device());
    }

    @Test
    void a_device_number_is_put_together_and_taken_apart() {
        long device = FileCalls.stat("/dev/null").specialDevice();
        assertEquals(1, FileStatus.major(device));
        assertEquals(3, FileStatus.minor(device));
        assertEquals(0x0103, FileStatus.device(1, 3));
        assertEquals(0x12345, FileStatus.major(FileStatus.device(0x12345, 0x6789abcd)));
        assertEquals(0x6789abcd, FileStatus.minor(FileStatus.device(0x12345, 0x6789abcd)));
    }

    @Test
    void kinds_of_files_are_told_apart() {
        FileCalls.symlink("nowhere", directory + "/link");
        FileCalls.mkfifo(directory + "/fifo", 0600);
        assertTrue(FileCalls.lstat(directory + "/link").isSymbolicLink());
        assertTrue(FileCalls.stat(directory + "/fifo").isFifo());
        assertTrue(FileCalls.stat(directory.toString()).isDirectory());
        assertTrue(FileCalls.stat("/dev/null").isCharacterDevice());
        try (OwnedFd socket = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0);
             OwnedFd link = FileCalls.open(directory + "/link", O_PATH | O_NOFOLLOW)) {
            assertTrue(FileCalls.fstat(socket.number()).isSocket());
            assertTrue(FileCalls.fstat(link.number()).isSymbolicLink());
        }
    }

    @Test
    void only_a_name_that_is_not_there_has_no_status() {
        FileCalls.symlink("loop", directory + "/loop");
        FileCalls.symlink("nowhere", directory + "/dangling");
        assertEquals(Optional.empty(), FileCalls.statIfExists(directory + "/no"));
        assertEquals(Optional.empty(), FileCalls.statIfExists(file + "/below-a-file"));
        assertEquals(Optional.empty(), FileCalls.statIfExists(directory + "/dangling"));
        assertTrue(FileCalls.lstatIfExists(directory + "/dangling").isPresent());
        assertFails(Errno.ELOOP, () -> FileCalls.statIfExists(directory + "/loop"));
        assertFails(Errno.ENOENT, () -> FileCalls.stat(directory + "/no"));
        assertFails(Errno.EBADF, () -> FileCalls.fstat(987));
    }

    @Test
    void bytes_are_read_into_and_written_from_the_middle_of_an_array() {
        try (OwnedFd fd = FileCalls.open(file, O_RDWR)) {
            byte[] b = "__________".getBytes();
            assertEquals(3, FileCalls.read(fd.number(), b, 2, 3));
            assertEquals("__012_____", new String(b));
            assertEquals(2, FileCalls.pread(fd.number(), b, 8, 2, 8));
            assertEquals("__012___89", new String(b));
            assertEquals(3, FileCalls.lseek(fd.number(), 0, FileCalls.SEEK_CUR));
            assertEquals(2, FileCalls.write(fd.number(), "abcdef".getBytes(), 4, 2));
            assertEquals(0, FileCalls.pread(fd.number(), b, 0, 5, 10));
            assertThrows(IndexOutOfBoundsException.class, () -> FileCalls.read(fd.number(), b, 8, 3));
        }
        assertEquals("012ef56789", new String(FileCalls.readAll(file)));
    }

    @Test
    void a_short_read_leaves_the_rest_of_the_array_alone() {
        try (OwnedFd fd = FileCalls.open(file, O_RDONLY)) {
            byte[] b = new byte[20];
            b[15] = 42;
            assertEquals(10, FileCalls.read(fd.number(), b, 0, 20));
            assertEquals(42, b[15]);
        }
    }

    @Test
    void an_empty_pipe_is_EAGAIN_and_one_without_reader_EPIPE() {
        try (FdCalls.Pipe pipe = FdCalls.pipe2(O_NONBLOCK)) {
            assertFails(Errno.EAGAIN, () -> FileCalls.read(pipe.reader().number(), new byte[1], 0, 1));
            pipe.reader().close();
            assertFails(Errno.EPIPE, () -> FileCalls.writeFully(pipe.writer().number(), new byte[1]));
        }
    }

    @Test
    void a_small_file_that_cannot_be_read_quickly_is_left_to_the_usual_way() {
        FileCalls.writeFile(file, new byte[] {7}, 0600);
        assertArrayEquals(new byte[] {7}, FileCalls.readSmall(file));
        FileCalls.symlink("loop", directory + "/loop");
        assertNull(FileCalls.readSmall(directory + "/loop"));
        assertNull(FileCalls.readSmall(directory.toString()));
        assertNull(FileCalls.readSmall(file + "/below"));
        assertNull(FileCalls.readSmall(directory + "/\u00e4"));
    }

    @Test
    void files_of_proc_are_read_whole_and_fail_by_the_kernels_own_number() {
        assertTrue(new String(FileCalls.readProc("/proc/self/status"), StandardCharsets.ISO_8859_1).endsWith("\n"));
        // Longer than a page, of which the kernel gives no more at a time: the range of each mapping, to the last.
        String maps = new String(FileCalls.readProc("/proc/self/maps"), StandardCharsets.ISO_8859_1);
        assertTrue(maps.length() > 8192 && maps.contains("[stack]"), maps);
        assertArrayEquals(FileCalls.readAll("/proc/self/comm"), FileCalls.readRecord("/proc/self/comm"));
        assertFails(Errno.ENOENT, () -> FileCalls.readProc("/proc/self/fdinfo/-1"));
        assertFails(Errno.ENOENT, () -> FileCalls.readRecord("/proc/self/fdinfo/-1"));
        assertFails(Errno.EISDIR, () -> FileCalls.readProc("/proc/self"));
    }

    @Test
    void content_up_to_the_limit_is_read_and_more_is_EFBIG() {
        assertEquals(10, FileCalls.readAll(file, 10).length);
        assertFails(Errno.EFBIG, () -> FileCalls.readAll(file, 9));
        byte[] large = new byte[100_000];
        large[99_999] = 1;
        FileCalls.writeFile(file, large, 0600);
        assertArrayEquals(large, FileCalls.readAll(file));
        try (OwnedFd fd = FileCalls.open(file, O_RDONLY)) {
            FileCalls.lseek(fd.number(), 99_990, FileCalls.SEEK_SET);
            assertEquals(10, FileCalls.readAll(fd.number()).length);
        }
    }

    @Test
    void writing_a_file_does_not_follow_a_link() {
        FileCalls.symlink("file", directory + "/link");
        assertFails(Errno.ELOOP, () -> FileCalls.writeFile(directory + "/link", new byte[1], 0600));
    }

    @Test
    void links_are_read_whatever_their_length() {
        String target = "x/".repeat(1000);
        FileCalls.symlink(target, directory + "/link");
        assertEquals(target, FileCalls.readlink(directory + "/link"));
        assertFails(Errno.EINVAL, () -> FileCalls.readlink(file));
    }

    @Test
    void names_are_linked_renamed_and_removed() {
        FileCalls.link(file, directory + "/second");
        assertEquals(2, FileCalls.stat(file).links());
        FileCalls.rename(directory + "/second", directory + "/third");
        FileCalls.mkdir(directory + "/dir", 0700);
        assertFails(Errno.EEXIST, () -> FileCalls.mkdir(directory + "/dir", 0700));
        assertEquals(List.of("dir", "file", "third"), FileCalls.list(directory.toString()));
        FileCalls.rmdir(directory + "/dir");
        assertFails(Errno.ENOTEMPTY, () -> FileCalls.rmdir(directory.toString()));
        assertFails(Errno.EISDIR, () -> FileCalls.unlink(directory.toString()));
    }

    @Test
    void size_permissions_and_owner_can_be_set() {
        try (OwnedFd fd = FileCalls.open(file, O_RDWR)) {
            FileCalls.ftruncate(fd.number(), 4);
            FileCalls.fchmod(fd.number(), 0604);
            FileCalls.fsync(fd.number());
            FileCalls.chown(file, -1, -1);
            FileStatus status = FileCalls.fstat(fd.number());
            assertEquals(4, status.size());
            assertEquals(0604, status.permissions());
        }
    }

    @Test
    void umask_takes_permissions_away_from_new_files() {
        int before = FileCalls.umask(077);
        try {
            FileCalls.writeFile(directory + "/new", new byte[0], 0666);
            assertEquals(0600, FileCalls.stat(directory + "/new").permissions());
        } finally {
            assertEquals(077, FileCalls.umask(before));
        }
    }

    @Test
    void a_lock_keeps_another_description_out_until_it_is_given_back() {
        try (OwnedFd first = FileCalls.open(file, O_RDONLY);
             OwnedFd second = FileCalls.open(file, O_RDONLY)) {
            FileCalls.flock(first.number(), FileCalls.LOCK_EX);
            assertFails(Errno.EAGAIN, () -> FileCalls.flock(second.number(), FileCalls.LOCK_EX | FileCalls.LOCK_NB));
            FileCalls.flock(first.number(), FileCalls.LOCK_UN);
            FileCalls.flock(second.number(), FileCalls.LOCK_EX | FileCalls.LOCK_NB);
        }
    }

    @Test
    void working_directory_is_changed_and_told() {
        String before = FileCalls.getcwd();
        try {
            FileCalls.chdir(directory.toString());
            assertEquals(directory.toString(), FileCalls.getcwd());
            assertTrue(FileCalls.stat("file").isRegular());
        } finally {
            FileCalls.chdir(before);
        }
    }

    @Test
    void executable_is_what_has_the_permission() {
        assertTrue(FileCalls.isExecutable("/bin/sh"));
        assertFalse(FileCalls.isExecutable(file));
        assertFalse(FileCalls.isExecutable("/no/such"));
    }

    private static void assertFails(int errno, Executable call) {
        assertEquals(new Errno(errno), assertThrows(LinuxException.class, call).errno());
    }
}
