package dev.thaw.it.restore;

import static dev.thaw.it.restore.Thawing.isSame;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Files that were opened by path, and what may have become of them between the dump and the restore. */
@IntegrationTest
@RequiresCriu
class RegularFilesIT {

    @Test
    void unchanged_files_keep_offset_access_mode_and_flags(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            open(puppet, scratch.file("read", "0123456789"), "os.O_RDONLY", 5);
            open(puppet, scratch.file("both", "0123456789"), "os.O_RDWR | os.O_NONBLOCK", 6);
            open(puppet, scratch.file("log", "before\n"), "os.O_WRONLY | os.O_APPEND", 7);
            puppet.eval("read(5, 3); os.lseek(6, 4, 0); write(7, 'dumped\\n'); fcntl.fcntl(5, fcntl.F_SETFD, 1)");
            Map<Integer, String> modes = Thawing.modes(puppet);
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                assertEquals(modes, Thawing.modes(puppet));
                assertEquals("read cloexec", modes.get(5));
                assertEquals("read-write nonblock", modes.get(6));
                assertEquals("write append", modes.get(7));
                assertEquals("3456789", puppet.eval("read(5)"));
                puppet.eval("write(6, 'xy'); write(7, 'restored\\n')");
                assertEquals("0123xy6789", scratch.read("both"));
                assertEquals("before\ndumped\nrestored\n", scratch.read("log"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void files_that_grew_are_opened_again_where_the_application_was(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            open(puppet, scratch.file("read", "0123456789"), "os.O_RDONLY | os.O_NONBLOCK", 5);
            open(puppet, scratch.file("plain", ""), "os.O_WRONLY", 6);
            open(puppet, scratch.file("log", ""), "os.O_WRONLY | os.O_APPEND", 7);
            open(puppet, scratch.file("both", ""), "os.O_RDWR | os.O_APPEND", 8);
            puppet.eval("read(5, 3); write(6, 'abc'); write(7, 'abc'); write(8, 'abc')");
            Map<Integer, String> modes = Thawing.modes(puppet);
            String image = Thawing.dump(scratch, puppet);
            for (String name : new String[] {"read", "plain", "log", "both"}) {
                append(scratch, name, "GREW");
            }
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                assertEquals(modes, Thawing.modes(puppet));
                assertEquals("3456789GREW", puppet.eval("read(5)"));
                puppet.eval("write(6, 'de'); write(7, 'de'); write(8, 'de')");
                assertEquals("abcdeEW", scratch.read("plain"));
                assertEquals("abcGREWde", scratch.read("log"));
                assertEquals("abcGREWde", scratch.read("both"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void truncated_and_rotated_logs_get_no_hole(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            open(puppet, scratch.file("truncated", ""), "os.O_WRONLY", 5);
            open(puppet, scratch.file("shorter", ""), "os.O_WRONLY", 6);
            open(puppet, scratch.file("rotated", ""), "os.O_WRONLY | os.O_APPEND", 7);
            open(puppet, scratch.file("rotated-plain", ""), "os.O_WRONLY", 8);
            open(puppet, scratch.file("read", "0123456789"), "os.O_RDONLY", 9);
            puppet.eval("[write(fd, '0123456789') for fd in (5, 6, 7, 8)]; os.lseek(9, 8, 0)");
            Map<Integer, String> modes = Thawing.modes(puppet);
            String image = Thawing.dump(scratch, puppet);
            scratch.file("truncated", "");
            scratch.file("shorter", "abc");
            rotate(scratch, "rotated", "new\n");
            rotate(scratch, "rotated-plain", "");
            scratch.file("read", "short");
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                assertEquals(modes, Thawing.modes(puppet));
                puppet.eval("[write(fd, 'after') for fd in (5, 6, 7, 8)]");
                assertEquals("after", scratch.read("truncated"));
                assertEquals("abcafter", scratch.read("shorter"));
                assertEquals("new\nafter", scratch.read("rotated"));
                assertEquals("after", scratch.read("rotated-plain"));
                assertEquals("0123456789", scratch.read("rotated.1"));
                assertEquals("", puppet.eval("read(9)"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void file_that_is_only_written_to_is_made_anew_when_it_was_moved_away(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            FileCalls.chmod(scratch.file("log", ""), 0640);
            open(puppet, scratch.path("log"), "os.O_WRONLY | os.O_APPEND", 5);
            puppet.eval("write(5, 'dumped\\n')");
            String image = Thawing.dump(scratch, puppet);
            FileCalls.rename(scratch.path("log"), scratch.path("log.1"));
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                puppet.eval("write(5, 'restored\\n')");
                assertEquals("restored\n", scratch.read("log"));
                assertEquals("dumped\n", scratch.read("log.1"));
                assertEquals(0640, FileCalls.stat(scratch.path("log")).permissions());
                assertTrue(puppet.fd(5).appends());
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void moved_file_is_found_by_a_map_with_its_new_path(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String old = scratch.file("table", "0123456789");
            open(puppet, old, "os.O_RDWR | os.O_NONBLOCK", 5);
            puppet.eval("read(5, 4)");
            Map<Integer, String> modes = Thawing.modes(puppet);
            String image = Thawing.dump(scratch, puppet);
            FileCalls.rename(old, scratch.path("moved"));
            ThawProcess.run(scratch, "restore", image).expect(121)
                    .expectErr("no source for fd 5 of pid " + puppet.pid()).expectErr("--map '" + old + "=/other/path'");
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--map", old + "=" + scratch.path("moved"))) {
                assertEquals(modes, Thawing.modes(puppet));
                assertEquals(scratch.path("moved"), puppet.fd(5).link());
                assertEquals("456789", puppet.eval("read(5)"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void file_of_another_mode_is_opened_again(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            open(puppet, scratch.file("data", "0123456789"), "os.O_RDONLY", 5);
            puppet.eval("read(5, 4)");
            String image = Thawing.dump(scratch, puppet);
            FileCalls.chmod(scratch.path("data"), 0644);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                assertEquals("456789", puppet.eval("read(5)"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void directories_are_kept_though_their_size_changes(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String directory = scratch.directory("directory");
            open(puppet, directory, "os.O_RDONLY | os.O_DIRECTORY", 5);
            puppet.eval("os.chdir('" + directory + "')");
            String image = Thawing.dump(scratch, puppet);
            for (int i = 0; i < 300; i++) {
                scratch.file("directory/a-file-with-quite-a-long-name-" + i, "");
            }
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                assertEquals("300", puppet.eval("len(os.listdir(5))"));
                assertEquals("300", puppet.eval("len(os.listdir('.'))"));
                assertEquals(directory, puppet.fd(5).link());
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void file_deleted_before_the_dump_comes_back_deleted(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            open(puppet, scratch.file("gone", "0123456789"), "os.O_RDWR", 5);
            puppet.eval("read(5, 4)");
            FileCalls.unlink(scratch.path("gone"));
            Map<Integer, String> modes = Thawing.modes(puppet);
            String image = Thawing.dump(scratch, puppet);
            for (int round = 0; round < 2; round++) {
                try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                    assertEquals(modes, Thawing.modes(puppet));
                    assertEquals("456789", puppet.eval("read(5)"));
                    assertTrue(puppet.fd(5).link().endsWith("/gone (deleted)"), puppet.fd(5).link());
                    puppet.eval("write(5, 'more')");
                    Thawing.leave(puppet, thaw);
                }
                puppet.awaitGone();
                assertTrue(FileCalls.statIfExists(scratch.path("gone")).isEmpty());
            }
        }
    }

    @Test
    void two_opens_of_one_file_stay_two(Scratch scratch) {
        String log = scratch.file("log", "");
        try (Puppet puppet = Puppet.start(scratch)) {
            open(puppet, log, "os.O_WRONLY | os.O_APPEND", 5);
            open(puppet, log, "os.O_WRONLY", 6);
            open(puppet, log, "os.O_RDONLY", 7);
            puppet.eval("os.dup2(5, 8); write(6, '0123'); read(7, 1)");
            Map<Integer, String> modes = Thawing.modes(puppet);
            String image = Thawing.dump(scratch, puppet);
            append(scratch, "log", "GREW");
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                assertEquals(modes, Thawing.modes(puppet));
                puppet.eval("write(5, 'end'); write(6, '45'); write(8, '.')");
                assertEquals("012345EWend.", scratch.read("log"));
                assertEquals("12345EWend.", puppet.eval("read(7)"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void what_was_shared_by_dup_and_fork_is_shared_again(Scratch scratch) {
        try (OwnedFd log = scratch.open("log", OpenFlags.O_WRONLY | OpenFlags.O_CREAT);
                Puppet puppet = Puppet.in(scratch).descriptor(1, log.number()).descriptor(2, log.number()).nullStreams().start()) {
            open(puppet, scratch.file("own", ""), "os.O_WRONLY | os.O_APPEND", 5);
            Puppet child = puppet.child("child");
            open(child, scratch.path("own"), "os.O_WRONLY | os.O_APPEND", 6);
            puppet.eval("write(1, 'one '); write(5, 'x')");
            Map<Integer, String> modes = Thawing.modes(puppet);
            Map<Integer, String> modesOfChild = Thawing.modes(child);
            String image = Thawing.dump(scratch, puppet);
            append(scratch, "log", "-----------");
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                assertEquals(modes, Thawing.modes(puppet));
                assertEquals(modesOfChild, Thawing.modes(child));
                assertEquals("write, same as 1", modes.get(2));
                assertTrue(isSame(puppet, 1, child, 1));
                assertTrue(isSame(puppet, 5, child, 5));
                assertFalse(isSame(puppet, 5, child, 6));
                puppet.eval("write(1, 'two ')");
                child.eval("write(2, 'three')");
                assertEquals("one two three--", scratch.read("log"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    private static void open(Puppet puppet, String path, String flags, int number) {
        puppet.eval("place(os.open('" + path + "', " + flags + "), " + number + ")");
    }

    private static void append(Scratch scratch, String name, String text) {
        try (OwnedFd file = scratch.open(name, OpenFlags.O_WRONLY | OpenFlags.O_APPEND)) {
            FileCalls.writeFully(file.number(), text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
    }

    private static void rotate(Scratch scratch, String name, String content) {
        FileCalls.rename(scratch.path(name), scratch.path(name + ".1"));
        scratch.file(name, content);
    }
}
