package dev.thaw.it.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.Bytes;
import dev.thaw.it.Children;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Program;
import dev.thaw.it.Puppet;
import dev.thaw.it.RawCriu;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Executables, mapped files and working directories that have moved: what CRIU needs of them has no descriptor. */
@IntegrationTest
@RequiresCriu
class MovedProgramsIT {

    @Test
    void executable_and_working_directory_are_found_at_their_new_paths(Scratch scratch) {
        String shell = scratch.path("old-sh");
        FileCalls.writeFile(shell, FileCalls.readAll("/bin/sh"), 0755);
        String directory = scratch.directory("old-directory");
        String images = scratch.path("images");
        try (FdCalls.Pipe old = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                FdCalls.Pipe now = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Program program = Program.with().directory(directory).descriptor(0, old.reader().number()).nullStreams()
                        .start(shell, "-c", "read line; exit $line")) {
            Await.until("the shell", () -> FileCalls.readlink("/proc/" + program.pid() + "/exe").equals(shell));
            RawCriu.dump(scratch, program.pid(), images).run();
            FileCalls.rename(shell, scratch.path("new-sh"));
            FileCalls.rename(directory, scratch.path("new-directory"));
            ThawProcess.run(scratch, "restore", images).expect(121)
                    .expectErr("the executable of pid " + program.pid()).expectErr("--map '" + shell + "=/path/of/the/same/version'")
                    .expectErr("the working directory of pid " + program.pid()).expectErr("--map '" + directory + "=/other/directory'");
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(0, now.reader().number());
            try (ThawProcess thaw = with.start("restore", images, "--map", shell + "=" + scratch.path("new-sh"), "--map",
                    directory + "=" + scratch.path("new-directory"))) {
                Await.until("the restored shell", () -> Children.isRunning(program.pid())
                        && FileCalls.readlink("/proc/" + program.pid() + "/exe").equals(scratch.path("new-sh"))
                        && FileCalls.readlink("/proc/" + program.pid() + "/cwd").equals(scratch.path("new-directory")));
                Bytes.write(now.writer().number(), "42\n");
                thaw.awaitEnd().expect(42);
            }
        }
    }

    @Test
    void mapped_file_is_found_at_its_new_path_and_its_descriptor_too(Scratch scratch) {
        String old = scratch.file("library", "x".repeat(8192));
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("place(os.open('" + old + "', os.O_RDONLY), 5); m = mmap.mmap(5, 8192, mmap.MAP_PRIVATE, mmap.PROT_READ); read(5, 100)");
            puppet.eval("place(os.open('" + old + "', os.O_RDONLY), 6)");
            Map<Integer, String> modes = Thawing.modes(puppet);
            String image = Thawing.dump(scratch, puppet);
            FileCalls.rename(old, scratch.path("moved"));
            ThawProcess.run(scratch, "restore", image).expect(121).expectErr("needs " + old)
                    .expectErr("memory that was mapped from it must be mapped from the same content");
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--map", old + "=" + scratch.path("moved"))) {
                assertEquals(modes, Thawing.modes(puppet));
                assertEquals(scratch.path("moved"), puppet.fd(5).link());
                assertEquals(100, puppet.fd(5).position());
                assertEquals(0, puppet.fd(6).position());
                assertEquals("b'xxxx'", puppet.eval("m[4096:4100]"));
                assertTrue(puppet.eval("open('/proc/self/maps').read()").contains(scratch.path("moved")));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void descriptor_of_a_file_that_is_mapped_too_is_replaced_alone(Scratch scratch) {
        String data = scratch.file("data", "x".repeat(8192));
        scratch.file("other", "other");
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("place(os.open('" + data + "', os.O_RDONLY), 5); m = mmap.mmap(5, 8192, mmap.MAP_PRIVATE, mmap.PROT_READ)");
            // Python's mapping keeps a duplicate of the descriptor.
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--map", "fd:5=read:" + scratch.path("other"))) {
                assertEquals("other", puppet.eval("read(5)"));
                assertEquals("b'xxxx'", puppet.eval("m[4096:4100]"));
                assertTrue(puppet.eval("open('/proc/self/maps').read()").contains(data));
                Thawing.leave(puppet, thaw);
            }
        }
    }
}
