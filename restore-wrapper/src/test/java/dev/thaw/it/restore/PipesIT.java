package dev.thaw.it.restore;

import static dev.thaw.it.restore.Thawing.isSame;
import static dev.thaw.it.restore.Thawing.pipeLink;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Bytes;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.TestSocketPair;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.OpenFlags;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Pipes whose other end was outside the tree, and those that are the tree's own. */
@IntegrationTest
@RequiresCriu
class PipesIT {

    @Test
    void output_goes_to_the_new_reader_on_every_number_it_had(Scratch scratch) {
        try (FdCalls.Pipe old = pipe();
                FdCalls.Pipe now = pipe();
                Puppet puppet = Puppet.in(scratch).descriptor(1, old.writer().number()).descriptor(2, old.writer().number())
                        .nullStreams().start()) {
            puppet.eval("place(os.open('/proc/self/fd/1', os.O_WRONLY | os.O_NONBLOCK), 5); os.dup2(5, 6)");
            Puppet child = puppet.child("child");
            Map<Integer, String> modes = Thawing.modes(puppet);
            assertEquals("write nonblock, same as 5", modes.get(6));
            String image = Thawing.dump(scratch, puppet);
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(1, now.writer().number()).descriptor(2, now.writer().number());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image)) {
                assertEquals(modes, Thawing.modes(puppet));
                for (int fd : new int[] {1, 2, 5, 6}) {
                    assertEquals(pipeLink(now.reader().number()), puppet.fd(fd).link());
                }
                assertTrue(isSame(puppet, 1, child, 1));
                puppet.eval("[write(fd, 'fd %d ' % fd) for fd in (1, 2, 5, 6)]");
                child.eval("write(2, 'child\\n')");
                assertEquals("fd 1 fd 2 fd 5 fd 6 child\n", Bytes.readUntil(now.reader().number(), "\n"));
                assertEquals("", Bytes.available(old.reader().number()));

                now.writer().close();
                child.eval("[os.close(fd) for fd in (1, 2, 5, 6)]");
                puppet.eval("write(1, 'last'); [os.close(fd) for fd in (1, 2, 5, 6)]");
                Thawing.leave(puppet, thaw);
                String rest = Bytes.readToEnd(now.reader().number());
                assertTrue(rest.startsWith("last"), rest); // what thaw says, on the same pipe, comes after it
            }
        }
    }

    @Test
    void reader_gets_its_end_of_file_when_the_application_closes_the_pipe(Scratch scratch) {
        try (FdCalls.Pipe old = pipe();
                FdCalls.Pipe oldFive = pipe();
                FdCalls.Pipe now = pipe();
                FdCalls.Pipe five = pipe();
                Puppet puppet = Puppet.in(scratch).descriptor(1, old.writer().number()).descriptor(5, oldFive.writer().number())
                        .nullStreams().start()) {
            String image = Thawing.dump(scratch, puppet);
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(1, now.writer().number()).descriptor(7, five.writer().number());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image, "--map", "fd:5=fd:7")) {
                now.writer().close();
                five.writer().close();
                puppet.eval("write(1, 'last'); os.close(1); write(5, 'last of five'); os.close(5)");
                assertEquals("last", Bytes.readToEnd(now.reader().number()));
                assertEquals("last of five", Bytes.readToEnd(five.reader().number()));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void streams_of_one_pipe_that_part_keep_the_flags_of_each(Scratch scratch) {
        try (FdCalls.Pipe old = pipe();
                FdCalls.Pipe out = pipe();
                Puppet puppet = Puppet.in(scratch).descriptor(1, old.writer().number()).descriptor(2, old.writer().number())
                        .nullStreams().start()) {
            puppet.eval("place(os.open('/proc/self/fd/1', os.O_WRONLY | os.O_NONBLOCK), 5)");
            String image = Thawing.dump(scratch, puppet);
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(1, out.writer().number());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image, "--stderr", "append:" + scratch.path("log"))) {
                assertEquals(Map.of(0, "read-write", 1, "write", 2, "write append", 5, "write nonblock"), Thawing.modes(puppet));
                puppet.eval("write(1, '1 '); write(2, '2'); write(5, '5 ')");
                assertEquals("1 5 ", Bytes.readUntil(out.reader().number(), "5 "));
                assertEquals("2", scratch.read("log"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void separate_streams_go_to_separate_pipes(Scratch scratch) {
        try (FdCalls.Pipe oldOut = pipe();
                FdCalls.Pipe oldErr = pipe();
                FdCalls.Pipe out = pipe();
                FdCalls.Pipe err = pipe();
                Puppet puppet = Puppet.in(scratch).descriptor(1, oldOut.writer().number()).descriptor(2, oldErr.writer().number())
                        .nullStreams().start()) {
            String image = Thawing.dump(scratch, puppet);
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(1, out.writer().number()).descriptor(2, err.writer().number());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image)) {
                puppet.eval("write(1, 'to stdout\\n'); write(2, 'to stderr\\n')");
                assertEquals("to stdout\n", Bytes.readUntil(out.reader().number(), "\n"));
                assertEquals("to stderr\n", Bytes.readUntil(err.reader().number(), "\n"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void what_was_unread_is_read_before_what_is_new(Scratch scratch) {
        try (FdCalls.Pipe old = pipe();
                FdCalls.Pipe now = pipe();
                Puppet puppet = Puppet.in(scratch).descriptor(0, old.reader().number()).nullStreams().start()) {
            Bytes.write(old.writer().number(), "read unread ");
            assertEquals("read ", puppet.eval("read(0, 5)"));
            String image = Thawing.dump(scratch, puppet);
            Bytes.write(now.writer().number(), "new");
            try (ThawProcess thaw = Thawing.restore(puppet, ThawProcess.in(scratch).descriptor(0, now.reader().number()), image)) {
                assertEquals("read", puppet.fd(0).access());
                Bytes.write(now.writer().number(), " newer");
                now.writer().close();
                assertEquals("unread new newer", puppet.eval("''.join(iter(lambda: read(0), ''))"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void what_stayed_in_a_pipe_that_somebody_kept_is_read_once(Scratch scratch) {
        try (FdCalls.Pipe kept = pipe(); Puppet puppet = Puppet.in(scratch).descriptor(0, kept.reader().number()).nullStreams().start()) {
            Bytes.write(kept.writer().number(), "read unread ");
            assertEquals("read ", puppet.eval("read(0, 5)"));
            String image = Thawing.dump(scratch, puppet);
            Bytes.write(kept.writer().number(), "new");
            try (ThawProcess thaw = Thawing.restore(puppet, ThawProcess.in(scratch).descriptor(0, kept.reader().number()), image)) {
                kept.writer().close();
                assertEquals("unread new", puppet.eval("''.join(iter(lambda: read(0), ''))"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void more_unread_bytes_than_a_new_pipe_takes_are_all_read(Scratch scratch) {
        int size = 200_000;
        try (FdCalls.Pipe old = pipe();
                FdCalls.Pipe now = pipe();
                Puppet puppet = Puppet.in(scratch).descriptor(0, old.reader().number()).nullStreams().start()) {
            FdCalls.setPipeSize(old.writer().number(), 1 << 20);
            Bytes.write(old.writer().number(), "x".repeat(size));
            String image = Thawing.dump(scratch, puppet);
            Bytes.write(now.writer().number(), "new");
            try (ThawProcess thaw = Thawing.restore(puppet, ThawProcess.in(scratch).descriptor(0, now.reader().number()), image)) {
                now.writer().close();
                assertEquals("(" + (size + 3) + ", 'xnew')", puppet.eval("all = ''.join(iter(lambda: read(0), '')); (len(all), all[-4:])"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void pipe_inside_the_tree_keeps_its_data(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("r, w = os.pipe(); place(r, 5); place(w, 6); write(6, 'inside ')");
            Puppet child = puppet.child("child");
            puppet.eval("os.close(6)");
            child.eval("os.close(5)");
            Map<Integer, String> modes = Thawing.modes(puppet);
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                assertEquals(modes, Thawing.modes(puppet));
                child.eval("write(6, 'more'); os.close(6)");
                assertEquals("inside more", puppet.eval("''.join(iter(lambda: read(5), ''))"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void pipe_on_another_number_needs_a_source_and_takes_one(Scratch scratch) {
        try (FdCalls.Pipe old = pipe();
                FdCalls.Pipe now = pipe();
                Puppet puppet = Puppet.in(scratch).descriptor(5, old.writer().number()).nullStreams().start()) {
            String key = puppet.fd(5).link();
            Map<Integer, String> modes = Thawing.modes(puppet);
            String image = Thawing.dump(scratch, puppet);
            ThawProcess.run(scratch, "restore", image).expect(121)
                    .expectErr("no source for fd 5 of pid " + puppet.pid() + " (")
                    .expectErr(key + ", write end")
                    .expectErr("its reader was outside the dumped tree")
                    .expectErr("--map '" + key + "=append:/");
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(7, now.writer().number());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image, "--map", key + "=fd:7")) {
                assertEquals(modes, Thawing.modes(puppet));
                puppet.eval("write(5, 'new\\n')");
                assertEquals("new\n", Bytes.readUntil(now.reader().number(), "\n"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void pipe_becomes_a_log_file_or_nothing(Scratch scratch) {
        try (FdCalls.Pipe out = pipe();
                FdCalls.Pipe err = pipe();
                FdCalls.Pipe in = pipe();
                Puppet puppet = Puppet.in(scratch).descriptor(0, in.reader().number()).descriptor(1, out.writer().number())
                        .descriptor(2, err.writer().number()).start()) {
            scratch.file("log", "before\n");
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--stdout", "append:" + scratch.path("log"), "--stderr", "null",
                    "--stdin", "null")) {
                assertEquals(Map.of(0, "/dev/null", 1, scratch.path("log"), 2, "/dev/null"), Thawing.links(puppet));
                assertEquals("write append", Thawing.modes(puppet).get(1));
                assertEquals("", puppet.eval("read(0)"));
                puppet.eval("write(1, 'restored\\n'); write(2, 'nowhere')");
                assertEquals("before\nrestored\n", scratch.read("log"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void stdout_and_stderr_of_one_pipe_go_to_one_log(Scratch scratch) {
        try (FdCalls.Pipe old = pipe();
                Puppet puppet = Puppet.in(scratch).descriptor(1, old.writer().number()).descriptor(2, old.writer().number())
                        .nullStreams().start()) {
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--stdout", "file:" + scratch.path("log"))) {
                assertTrue(isSame(puppet, 1, puppet, 2));
                puppet.eval("write(1, 'one '); write(2, 'two')");
                assertEquals("one two", scratch.read("log"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void pipe_becomes_a_socket(Scratch scratch) {
        try (TestSocketPair pair = TestSocketPair.stream();
                FdCalls.Pipe old = pipe();
                Puppet puppet = Puppet.in(scratch).descriptor(1, old.writer().number()).descriptor(2, old.writer().number())
                        .nullStreams().start()) {
            String image = Thawing.dump(scratch, puppet);
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(1, pair.theirs());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image, "--stderr", "stdout")) {
                pair.releaseTheirs();
                puppet.eval("write(1, 'through a '); write(2, 'socket')");
                assertEquals("through a socket", Bytes.readUntil(pair.ours(), "socket"));
                puppet.eval("os.close(1); os.close(2)");
                assertEquals("", Bytes.readToEnd(pair.ours()));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void both_ends_outside_of_the_standard_numbers_are_told_apart(Scratch scratch) {
        try (FdCalls.Pipe toPuppet = pipe();
                FdCalls.Pipe fromPuppet = pipe();
                FdCalls.Pipe in = pipe();
                FdCalls.Pipe out = pipe();
                Puppet puppet = Puppet.in(scratch).descriptor(5, toPuppet.reader().number()).descriptor(6, fromPuppet.writer().number())
                        .nullStreams().start()) {
            String image = Thawing.dump(scratch, puppet);
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(7, in.reader().number()).descriptor(8, out.writer().number());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image, "--map", "fd:5=fd:7", "--map", "fd:6=fd:8")) {
                assertFalse(isSame(puppet, 5, puppet, 6));
                Bytes.write(in.writer().number(), "ping");
                puppet.eval("write(6, read(5) + ' pong')");
                assertEquals("ping pong", Bytes.readUntil(out.reader().number(), "pong"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void standard_input_that_changes_leaves_the_other_end_of_its_pipe_alone(Scratch scratch) {
        scratch.file("input", "from a file");
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("r, w = os.pipe(); os.dup2(r, 0); os.close(r); place(w, 5)");
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, "--stdin", "read:" + scratch.path("input"), image)) {
                assertEquals("from a file", puppet.eval("read(0)"));
                assertTrue(puppet.fd(5).link().startsWith("pipe:["), puppet.fd(5).link());
                assertEquals("write", puppet.fd(5).access());
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void stream_that_thaw_has_not_got_becomes_dev_null_with_a_warning(Scratch scratch) {
        try (FdCalls.Pipe old = pipe();
                Puppet puppet = Puppet.in(scratch).descriptor(1, old.writer().number()).nullStreams().start()) {
            String image = Thawing.dump(scratch, puppet);
            ThawProcess.Builder with = ThawProcess.in(scratch).closed(1).throughScript();
            try (ThawProcess thaw = Thawing.restore(puppet, with, image)) {
                assertEquals("/dev/null", puppet.fd(1).link());
                puppet.eval("write(1, 'nowhere')");
                Thawing.leave(puppet, thaw).expectErr("fd 1 of pid " + puppet.pid() + " becomes /dev/null: thaw's own stdout was closed");
            }
        }
    }

    private static FdCalls.Pipe pipe() {
        return FdCalls.pipe2(OpenFlags.O_CLOEXEC);
    }
}
