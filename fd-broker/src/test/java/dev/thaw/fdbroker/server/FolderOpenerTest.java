package dev.thaw.fdbroker.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.fdbroker.NoLeaks;
import dev.thaw.fdbroker.broker.Access;
import dev.thaw.fdbroker.broker.Refusal;
import dev.thaw.fdbroker.broker.Refusal.Reason;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NoLeaks.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
@Timeout(60)
class FolderOpenerTest {
    @TempDir
    Path root;

    private String folder;

    @BeforeEach
    void fill() {
        folder = root.resolve("folder").toString();
        FileCalls.mkdir(folder, 0755);
        FileCalls.mkdir(folder + "/sub", 0755);
        FileCalls.writeFile(folder + "/file", "inside".getBytes(UTF_8), 0600);
        FileCalls.writeFile(root.resolve("secret").toString(), "outside".getBytes(UTF_8), 0600);
    }

    private String read(String path) {
        try (OwnedFd fd = FolderOpener.open(List.of(folder), path, Access.READ)) {
            return new String(FileCalls.readAll(fd.number()), UTF_8);
        }
    }

    private Refusal refused(String path, Access access) {
        return assertThrows(RefusedException.class, () -> FolderOpener.open(List.of(folder), path, access)).refusal();
    }

    @Test
    void a_file_below_the_folder_is_opened_and_a_link_inside_it_is_followed() {
        FileCalls.symlink("../file", folder + "/sub/link");
        assertEquals("inside", read(folder + "/file"));
        assertEquals("inside", read(folder + "/sub/link"));
        assertEquals("inside", read(folder + "/sub/../file"), "dots that stay inside");
    }

    @Test
    void no_path_and_no_link_leads_out() {
        FileCalls.symlink("../secret", folder + "/relative");
        FileCalls.symlink(root.resolve("secret").toString(), folder + "/absolute");
        FileCalls.symlink("/proc/self/root", folder + "/magic");
        FileCalls.symlink("..", folder + "/sub/up");
        for (String path : List.of("/../secret", "/sub/../../secret", "/relative", "/absolute", "/magic" + root + "/secret", "/sub/up/../secret")) {
            assertEquals(Reason.FOLDER, refused(folder + path, Access.READ).reason(), path);
        }
        FileCalls.unlink(folder + "/magic"); // JUnit warns of it
        assertEquals(Reason.FOLDER, refused(root.resolve("secret").toString(), Access.READ).reason());
        assertEquals(Reason.FOLDER, refused(folder + "-other/file", Access.READ).reason(), "a name that only begins like the folder's");
    }

    @Test
    void a_mount_inside_is_not_entered() {
        RefusedException refused = assertThrows(RefusedException.class, () -> FolderOpener.open(List.of("/"), "/proc/self/environ", Access.READ));
        assertEquals(Reason.FOLDER, refused.refusal().reason());
    }

    @Test
    void without_a_folder_nothing_is_opened() {
        RefusedException refused = assertThrows(RefusedException.class, () -> FolderOpener.open(List.of(), folder + "/file", Access.READ));
        assertTrue(refused.refusal().why().endsWith("is not below a folder that may be opened from: there is none"));
    }

    @Test
    void what_is_missing_is_made_for_writing_only() {
        assertEquals(Reason.NOT_OPENED, refused(folder + "/new", Access.READ).reason());
        try (OwnedFd fd = FolderOpener.open(List.of(folder), folder + "/new", Access.APPEND)) {
            assertEquals(OpenFlags.O_WRONLY | OpenFlags.O_APPEND, FdCalls.getFlags(fd.number()) & ~OpenFlags.O_LARGEFILE);
            FileCalls.writeFully(fd.number(), "x".getBytes(UTF_8));
        }
        try (OwnedFd again = FolderOpener.open(List.of(folder), folder + "/new", Access.READ_WRITE)) {
            assertEquals("x", new String(FileCalls.readAll(again.number()), UTF_8));
        }
        FileCalls.symlink("../made-outside", folder + "/dangling");
        assertEquals(Reason.FOLDER, refused(folder + "/dangling", Access.APPEND).reason());
        assertFalse(Files.exists(root.resolve("made-outside")));
    }

    @Test
    void neither_a_device_nor_a_directory_nor_a_socket_is_opened_and_a_fifo_does_not_make_it_wait() {
        assertEquals(Reason.NOT_OPENED, refused(folder + "/sub", Access.READ).reason());
        RefusedException device = assertThrows(RefusedException.class, () -> FolderOpener.open(List.of("/dev"), "/dev/null", Access.READ));
        assertEquals("it is neither a file nor a FIFO", device.refusal().why());
        FileCalls.mkfifo(folder + "/fifo", 0600);
        Refusal nobodyReads = refused(folder + "/fifo", Access.WRITE);
        assertTrue(nobodyReads.why().startsWith("nobody reads the FIFO"), nobodyReads.why());
        try (OwnedFd reader = FolderOpener.open(List.of(folder), folder + "/fifo", Access.READ)) {
            assertEquals(0, FdCalls.getFlags(reader.number()) & OpenFlags.O_NONBLOCK);
        }
    }

    @Test
    void a_directory_that_is_swapped_for_a_link_all_the_time_never_leads_out() throws Exception {
        FileCalls.mkdir(folder + "/dir", 0755);
        FileCalls.writeFile(folder + "/dir/secret", "inside".getBytes(UTF_8), 0600);
        AtomicBoolean over = new AtomicBoolean();
        Thread swapper = new Thread(() -> {
            while (!over.get()) {
                FileCalls.rename(folder + "/dir", folder + "/aside");
                FileCalls.symlink("..", folder + "/dir");
                FileCalls.unlink(folder + "/dir");
                FileCalls.rename(folder + "/aside", folder + "/dir");
            }
        });
        swapper.start();
        int opened = 0;
        int refused = 0;
        try {
            while (opened < 50 || refused < 50) {
                try {
                    assertEquals("inside", read(folder + "/dir/secret"));
                    opened++;
                } catch (RefusedException e) {
                    refused++;
                }
            }
        } finally {
            over.set(true);
            swapper.join();
        }
    }
}
