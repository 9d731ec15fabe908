package dev.thaw.it.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.Bytes;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.Scratch;
import dev.thaw.it.TestPty;
import dev.thaw.it.TestSocketPair;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import org.junit.jupiter.api.Test;

/** What descriptors seldom are, and applications do all the same. */
@IntegrationTest
@RequiresCriu
class RareKindsIT {

    @Test
    void file_that_lost_its_name_and_has_another_one_is_restored_once(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String name = scratch.file("name", "0123456789");
            FileCalls.link(name, scratch.path("other-name"));
            puppet.eval("place(os.open('" + name + "', os.O_RDWR), 5); read(5, 4)");
            FileCalls.unlink(name);
            String image = scratch.path("images");
            Thawing.dumping(scratch, puppet, image).option("--link-remap").run();
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                assertEquals("456789", puppet.eval("read(5)"));
                assertEquals(FileCalls.stat(scratch.path("other-name")).inode(), puppet.fd(5).inode());
                Thawing.leave(puppet, thaw);
            }
            puppet.awaitGone();
            ThawProcess.run(scratch, "restore", image).expect(121).expectErr("no source for fd 5 of pid " + puppet.pid())
                    .expectErr("which an earlier restore has used up");
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--map", "fd:5=rw:" + scratch.path("other-name"))) {
                assertEquals("0123456789", puppet.eval("read(5)"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void large_file_that_was_deleted_comes_back_with_its_content(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("place(os.open('" + scratch.file("large", "") + "', os.O_RDWR), 5); write(5, 'x' * 3000000 + 'end'); os.lseek(5, 2999999, 0)");
            FileCalls.unlink(scratch.path("large"));
            String image = scratch.path("images");
            Thawing.dumping(scratch, puppet, image).option("--ghost-limit", "4M").run();
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                assertEquals("xend", puppet.eval("read(5)"));
                assertTrue(FileCalls.statIfExists(scratch.path("large")).isEmpty());
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void packets_of_a_connection_to_outside_keep_their_bounds(Scratch scratch) {
        try (TestSocketPair old = TestSocketPair.seqpacket();
                TestSocketPair now = TestSocketPair.seqpacket();
                Puppet puppet = Puppet.in(scratch).descriptor(5, old.theirs()).nullStreams().start()) {
            String image = Thawing.dump(scratch, puppet, 5);
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(9, now.theirs());
            try (ThawProcess thaw = Thawing.restore(puppet, with, image, "--map", "fd:5=fd:9")) {
                Bytes.write(now.ours(), "one");
                Bytes.write(now.ours(), "two");
                assertEquals("['one', 'two']", puppet.eval("[read(5), read(5)]"));
                puppet.eval("write(5, 'three'); write(5, 'four')");
                byte[] packet = new byte[100];
                assertEquals("three".length(), FileCalls.read(now.ours(), packet, 0, packet.length));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    @RequiresRoot
    void tcp_connection_inside_the_tree_goes_on(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("listener = socket.create_server(('127.0.0.1', 0)); client = socket.create_connection(listener.getsockname()); "
                    + "server, peer = listener.accept(); client.sendall(b'unread '); select.select([server], [], [], 5)");
            String image = scratch.path("images");
            Thawing.dumping(scratch, puppet, image).option("--tcp-established", "--network-lock", "skip").run();
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--stdout", "append:" + scratch.path("out"))) {
                puppet.eval("client.sendall(b'new'); client.shutdown(socket.SHUT_WR); server.settimeout(10)");
                assertEquals("b'unread new'", puppet.eval("b''.join(iter(lambda: server.recv(100), b''))"));
                puppet.eval("server.sendall(b'back'); client.settimeout(10)");
                assertEquals("b'back'", puppet.eval("client.recv(100)"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void directory_is_read_on_from_where_it_was(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String directory = scratch.directory("directory");
            for (int i = 0; i < 400; i++) {
                scratch.file("directory/an-entry-of-some-length-" + i, "");
            }
            // One call of getdents64 has not room for all of them.
            puppet.eval("import ctypes, struct\n"
                    + "def entries():\n"
                    + "    room = ctypes.create_string_buffer(4096)\n"
                    + "    count = ctypes.CDLL(None).syscall({'x86_64': 217, 'aarch64': 61}[os.uname().machine], 5, room, 4096)\n"
                    + "    names, at = [], 0\n"
                    + "    while at < count:\n"
                    + "        length = struct.unpack_from('H', room.raw, at + 16)[0]\n"
                    + "        names.append(room.raw[at + 19:at + length].split(b'\\0')[0].decode())\n"
                    + "        at += length\n"
                    + "    return names\n"
                    + "place(os.open('" + directory + "', os.O_RDONLY | os.O_DIRECTORY), 5)\n"
                    + "seen = entries()");
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                assertEquals("(402, 402)", puppet.eval("list(iter(lambda: seen.extend(more := entries()) or more, [])); (len(seen), len(set(seen)))"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void signal_that_tells_of_input_is_kept_inside_the_tree_and_told_as_lost_with_what_is_replaced(Scratch scratch) {
        try (FdCalls.Pipe old = pipe();
                FdCalls.Pipe now = pipe();
                Puppet puppet = Puppet.in(scratch).descriptor(0, old.reader().number()).nullStreams().start()) {
            puppet.eval("catch(signal.SIGIO); r, w = os.pipe(); place(r, 5); place(w, 6)\n"
                    + "for fd in (0, 5):\n"
                    + "    fcntl.fcntl(fd, fcntl.F_SETOWN, os.getpid()); fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_ASYNC)");
            String image = Thawing.dump(scratch, puppet);
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(0, now.reader().number());
            String told = "told pid " + puppet.pid() + " of input by a signal (F_SETOWN, O_ASYNC)";
            with.run("plan", image).expect(0).expectOut(told);
            ThawProcess.run(scratch, "plan", image, "--stdin", "read:" + scratch.file("file", "")).expect(0).expectOut(told);
            try (ThawProcess thaw = Thawing.restore(puppet, ThawProcess.in(scratch).descriptor(0, now.reader().number()), image)) {
                puppet.eval("write(6, 'input')");
                Await.until("SIGIO", () -> puppet.eval("caught").contains("SIGIO"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void descriptor_in_flight_arrives_or_is_refused_with_the_reason(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String data = scratch.file("data", "0123456789");
            puppet.eval("a, b = socket.socketpair(); f = os.open('" + data + "', os.O_RDONLY); os.read(f, 4); "
                    + "socket.send_fds(a, [b'here'], [f]); os.close(f)");
            String image = Thawing.dump(scratch, puppet);
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image, "--stdout", "append:" + scratch.path("out"))) {
                assertEquals("(b'here', '456789')", puppet.eval("said, got, flags, address = socket.recv_fds(b, 10, 2); (said, read(got[0]))"));
                Thawing.leave(puppet, thaw);
            }
            puppet.awaitGone();
            scratch.file("data", "other");
            ThawProcess.run(scratch, "restore", image).expect(121).expectErr("a descriptor of " + data + " is in flight")
                    .expectErr("its size was 10 and is 5");
        }
    }

    @Test
    void locks_are_held_again_also_on_a_file_that_grew(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String lock = scratch.file("lock", "");
            puppet.eval("place(os.open('" + lock + "', os.O_RDWR), 5); fcntl.flock(5, fcntl.LOCK_EX)");
            String image = scratch.path("images");
            Thawing.dumping(scratch, puppet, image).option("--file-locks").run();
            scratch.file("lock", "grown");
            try (ThawProcess thaw = Thawing.restore(scratch, puppet, image)) {
                puppet.eval("f = os.open('" + lock + "', os.O_RDONLY)");
                assertEquals("held", puppet.eval("try:\n    fcntl.flock(f, fcntl.LOCK_SH | fcntl.LOCK_NB); said = 'free'\n"
                        + "except BlockingIOError:\n    said = 'held'\nsaid"));
                Thawing.leave(puppet, thaw);
            }
        }
    }

    @Test
    void job_of_a_shell_goes_on_on_a_fresh_terminal_though_thaw_has_none(Scratch scratch) {
        try (TestPty old = new TestPty();
                FdCalls.Pipe out = pipe();
                Puppet shell = Puppet.in(scratch).descriptor(0, old.slave()).descriptor(1, old.slave()).descriptor(2, old.slave())
                        .controllingTerminal(0).start()) {
            shell.eval("signal.signal(signal.SIGCHLD, signal.SIG_IGN)"); // whoever has reaped the job does not matter here
            Puppet job = shell.child("job");
            String image = scratch.path("images");
            Thawing.dumping(scratch, job, image).option("--shell-job").run();
            shell.eval("die(signal.SIGKILL)");
            shell.awaitEnd();
            ThawProcess.Builder with = ThawProcess.in(scratch).descriptor(1, out.writer().number());
            try (ThawProcess thaw = Thawing.restore(job, with, image, "--stdin", "pty", "--stdout", "pty", "--stderr", "pty")) {
                assertEquals("[True, True, True]", job.eval("[os.isatty(fd) for fd in (0, 1, 2)]"));
                job.eval("write(1, 'hello\\n')");
                assertTrue(Bytes.readUntil(out.reader().number(), "\n").startsWith("hello"));
                Thawing.leave(job, thaw);
            }
        }
    }

    private static FdCalls.Pipe pipe() {
        return FdCalls.pipe2(OpenFlags.O_CLOEXEC);
    }
}
