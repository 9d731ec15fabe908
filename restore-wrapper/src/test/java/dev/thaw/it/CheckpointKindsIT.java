package dev.thaw.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.thaw.checkpoint.Checkpoint;
import dev.thaw.checkpoint.DumpOptions.Intruders;
import dev.thaw.checkpoint.DumpOptions.Tcp;
import dev.thaw.image.FileImage;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.RemapImage;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.SocketCalls;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each kind of descriptor that criu dumps only when it is told how: thaw finds the options by itself, and criu takes them. */
@IntegrationTest
@RequiresCriu
class CheckpointKindsIT {

    @ParameterizedTest
    @ValueSource(ints = {SocketCalls.SOCK_STREAM, SocketCalls.SOCK_SEQPACKET, SocketCalls.SOCK_DGRAM})
    void a_socket_pair_with_one_end_outside(int type, Scratch scratch) {
        OwnedFd[] pair = SocketCalls.socketpair(type);
        try (OwnedFd ours = pair[0]; OwnedFd theirs = pair[1]; Puppet puppet = Puppet.in(scratch).descriptor(5, theirs.number()).nullStreams().start()) {
            long inode = FileCalls.fstat(theirs.number()).inode();
            pair[1].close();
            Checkpoint made = Dumps.of(scratch, puppet).run();
            assertEquals(List.of("--external", "unix[" + inode + "]"), made.manifest().criuOptions());
            ImageSnapshot images = Dumps.images(made);
            FileImage.UnixSocket socket = (FileImage.UnixSocket) images.file(images.descriptor(puppet.pid(), 5).orElseThrow());
            assertTrue(images.peer(socket).orElseThrow().isExternPlaceholder());
            assertEquals(ProcessCalls.getpid(), made.manifest().outside().stream()
                    .filter(end -> end.key().equals("socket:[" + FileCalls.fstat(ours.number()).inode() + "]")).findFirst().orElseThrow().pid());
            puppet.awaitGone();
        }
    }

    @Test
    void a_datagram_socket_connected_to_a_name_and_a_stream_to_a_server_outside(Scratch scratch) {
        try (OwnedFd log = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_DGRAM, 0);
                OwnedFd server = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0);
                Puppet puppet = Puppet.start(scratch)) {
            SocketCalls.bindUnix(log.number(), scratch.path("log"));
            SocketCalls.bindUnix(server.number(), scratch.path("server"));
            SocketCalls.listen(server.number(), 1);
            puppet.eval("d = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); d.connect('" + scratch.path("log") + "')");
            puppet.eval("s = socket.socket(socket.AF_UNIX); s.connect('" + scratch.path("server") + "')");
            try (OwnedFd connection = SocketCalls.accept(server.number())) {
                assertTrue(connection.isOpen());
                String inode = puppet.eval("os.fstat(s.fileno()).st_ino");
                assertEquals(List.of("--ext-unix-sk", "--external", "unix[" + inode + "]"), Dumps.of(scratch, puppet).run().manifest().criuOptions());
            }
            puppet.awaitGone();
        }
    }

    @Test
    void a_connection_that_nobody_has_accepted_is_noted(Scratch scratch) {
        try (OwnedFd server = SocketCalls.socket(SocketCalls.AF_UNIX, SocketCalls.SOCK_STREAM, 0); Puppet puppet = Puppet.start(scratch)) {
            SocketCalls.bindUnix(server.number(), scratch.path("server"));
            SocketCalls.listen(server.number(), 1);
            puppet.eval("s = socket.socket(socket.AF_UNIX); s.connect('" + scratch.path("server") + "')");
            Checkpoint made = Dumps.of(scratch, puppet).leaveRunning().run();
            assertTrue(made.notes().get(0).what().endsWith("waits for its connection to be accepted"), made.notes()::toString);
        }
    }

    @Test
    void a_terminal_whose_master_is_outside(Scratch scratch) {
        try (TestPty pty = new TestPty();
                Puppet puppet = Puppet.in(scratch).descriptor(0, pty.slave()).descriptor(1, pty.slave()).nullStreams().start()) {
            String external = puppet.fd(0).external(puppet.pid());
            Checkpoint made = Dumps.of(scratch, puppet).run();
            assertEquals(List.of("--external", external), made.manifest().criuOptions());
            ImageSnapshot images = Dumps.images(made);
            assertTrue(images.tty((FileImage.Tty) images.file(images.descriptor(puppet.pid(), 0).orElseThrow())).orElseThrow().isExternal());
            puppet.awaitGone();
        }
    }

    @Test
    void dev_tty_beside_its_terminal(Scratch scratch) {
        try (TestPty pty = new TestPty(); Puppet puppet = Puppet.in(scratch).descriptor(0, pty.slave()).controllingTerminal(0).nullStreams().start()) {
            puppet.eval("place(os.open('/dev/tty', os.O_RDWR), 9)");
            assertEquals(List.of("--shell-job"), Dumps.of(scratch, puppet).run().manifest().criuOptions());
            puppet.awaitGone();
        }
    }

    @Test
    void dev_tty_alone_is_refused(Scratch scratch) {
        try (TestPty pty = new TestPty(); Puppet puppet = Puppet.in(scratch).descriptor(0, pty.slave()).controllingTerminal(0).nullStreams().start()) {
            puppet.eval("place(os.open('/dev/tty', os.O_RDWR), 9); place(os.open('/dev/null', os.O_RDWR), 0)");
            assertRefused(Dumps.of(scratch, puppet).fails(), "/dev/tty", puppet);
        }
    }

    @Test
    void a_terminal_with_both_ends_inside_and_one_that_has_ended(Scratch scratch) {
        TestPty pty = new TestPty();
        try (Puppet puppet = Puppet.in(scratch).descriptor(7, pty.slave()).nullStreams().start()) {
            pty.close();
            puppet.eval("pair = pty_pair()");
            assertEquals(List.of(), Dumps.of(scratch, puppet).run().manifest().criuOptions());
            puppet.awaitGone();
        } finally {
            pty.close();
        }
    }

    @Test
    void a_root_that_leads_no_session(Scratch scratch) {
        try (Puppet leader = Puppet.in(scratch).nullStreams().start()) {
            leader.eval("signal.signal(signal.SIGCHLD, signal.SIG_IGN)"); // nobody waits for the child
            Puppet member = leader.child("member");
            assertEquals(List.of("--shell-job"), Dumps.of(scratch, member).run().manifest().criuOptions());
            member.awaitGone();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"fcntl.flock(f, fcntl.LOCK_EX)", "fcntl.lockf(f, fcntl.LOCK_EX, 10, 5)",
        "fcntl.fcntl(f, 37, struct.pack('hhqqi4x', 1, 0, 0, 0, 0))"})
    void locks(String lock, Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("f = open('" + scratch.path("file") + "', 'w'); " + lock);
            Checkpoint made = Dumps.of(scratch, puppet).run();
            assertEquals(List.of("--file-locks"), made.manifest().criuOptions());
            assertEquals(1, Dumps.images(made).locks().size());
            puppet.awaitGone();
        }
    }

    @Test
    void a_posix_lock_on_a_mapped_file_is_lost_and_the_checkpoint_says_so(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("f = open('" + scratch.path("f") + "', 'w+b'); f.truncate(4096); fcntl.lockf(f, fcntl.LOCK_EX)\n"
                    + "g = open('" + scratch.path("g") + "', 'w+b'); g.truncate(4096); fcntl.lockf(g, fcntl.LOCK_EX); m = mmap.mmap(g.fileno(), 4096)");
            String f = puppet.eval("os.fstat(f.fileno()).st_ino");
            String g = puppet.eval("os.fstat(g.fileno()).st_ino");
            assertEquals(Set.of(f, g), locksOf(puppet));
            Checkpoint made = Dumps.of(scratch, puppet).run();
            assertEquals(List.of(true), made.notes().stream().map(note -> note.what().endsWith(scratch.path("g") + " is locked and mapped")).toList());
            puppet.awaitGone();
            Restores.of(scratch).run();
            assertEquals(Set.of(f), locksOf(puppet));
        }
    }

    /** What it has locked by POSIX locks, from the kernel's list. */
    private static Set<String> locksOf(Puppet puppet) {
        return KernelString.decode(FileCalls.readAll("/proc/locks")).lines().map(line -> line.trim().split("[ :]+"))
                .filter(fields -> fields[1].equals("POSIX") && fields[4].equals("" + puppet.pid())).map(fields -> fields[7]).collect(Collectors.toSet());
    }

    @Test
    void a_lock_of_somebody_else_on_a_file_of_the_tree_is_no_concern(Scratch scratch) {
        try (OwnedFd ours = FileCalls.open(scratch.file("file", ""), OpenFlags.O_RDWR); Puppet puppet = Puppet.start(scratch)) {
            FileCalls.flock(ours.number(), FileCalls.LOCK_EX);
            puppet.eval("f = open('" + scratch.path("file") + "')");
            assertEquals(List.of(), Dumps.of(scratch, puppet).run().manifest().criuOptions());
            puppet.awaitGone();
        }
    }

    @Test
    void large_deleted_files_open_and_mapped_are_in_the_image_and_restored(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("f = open('" + scratch.path("a") + "', 'w+b'); f.write(b'a' * (3 << 20)); f.flush(); os.unlink('" + scratch.path("a") + "')");
            puppet.eval("g = open('" + scratch.path("b") + "', 'w+b'); g.truncate(5 << 20); m = mmap.mmap(g.fileno(), 0); m[:] = b'b' * (5 << 20); g.close()");
            puppet.eval("os.unlink('" + scratch.path("b") + "')");
            Checkpoint made = Dumps.of(scratch, puppet).run();
            assertEquals(List.of("--ghost-limit", Long.toString(10 << 20)), made.manifest().criuOptions());
            ImageSnapshot images = Dumps.images(made);
            assertEquals(Set.of(scratch.path("a"), scratch.path("b")), images.remaps().stream().filter(remap -> remap.kind() == RemapImage.Kind.GHOST)
                    .map(remap -> images.regularFile(remap.fileId()).orElseThrow().path()).collect(Collectors.toSet()));
            assertEquals(0600, modes(made.generation().directory()), "modes of the files");
            puppet.awaitGone();
            RawCriu.restore(scratch, made.generation().directory()).run();
            assertEquals("True", puppet.eval("os.pread(f.fileno(), 9, 0) == b'a' * 9 and m[5 << 19] == 98"));
        }
    }

    @Test
    void a_deleted_file_with_another_name_is_linked_again(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("f = open('" + scratch.path("a") + "', 'w+'); f.write('text'); f.flush()");
            puppet.eval("os.link('" + scratch.path("a") + "', '" + scratch.path("b") + "'); os.unlink('" + scratch.path("a") + "')");
            assertRefused(Dumps.of(scratch, puppet).leaveRunning().fails(), scratch.path("a"), puppet);
            Checkpoint made = Dumps.of(scratch, puppet).run();
            assertEquals(List.of("--link-remap"), made.manifest().criuOptions());
            puppet.awaitGone();
            RawCriu.restore(scratch, made.generation().directory()).run();
            assertEquals("text", puppet.eval("os.pread(f.fileno(), 9, 0).decode()"));
            assertEquals(List.of("b", "image"), FileCalls.list(scratch.path()).stream().filter(name -> name.matches("[ab]|image|link.*")).toList());
        }
    }

    @Test
    void links_of_a_generation_that_goes_go_with_it(Scratch scratch) {
        for (int i = 0; i < 3; i++) {
            String directory = scratch.directory("app" + i);
            try (Puppet puppet = Puppet.start(scratch)) {
                puppet.eval("f = open('" + directory + "/a', 'w'); os.link('" + directory + "/a', '" + directory + "/b'); os.unlink('" + directory + "/a')");
                Dumps.of(scratch, puppet).run();
                puppet.awaitGone();
            }
        }
        assertEquals(List.of("b"), FileCalls.list(scratch.path("app0")));
        assertEquals(2, FileCalls.list(scratch.path("app1")).size());
    }

    @Test
    void files_below_a_mount_and_on_a_detached_one(Scratch scratch) {
        String place = scratch.directory("mount");
        try (Puppet puppet = Puppet.start(scratch)) {
            ProcessCalls.mount("first", place, "tmpfs", 0, "size=64k");
            puppet.eval("place(os.open('" + place + "/detached', os.O_CREAT | os.O_RDWR), 5)");
            ProcessCalls.umount2(place, ProcessCalls.MNT_DETACH);
            puppet.eval("place(os.open('" + place + "/hidden', os.O_CREAT | os.O_RDWR), 6)");
            ProcessCalls.mount("second", place, "tmpfs", 0, "size=64k");
            try {
                List<String> wanted = List.of(puppet.fd(5).external(puppet.pid()), puppet.fd(6).external(puppet.pid()));
                Checkpoint made = Dumps.of(scratch, puppet).run();
                assertEquals(wanted, made.manifest().criuOptions().stream().filter(word -> word.startsWith("file[")).toList());
                assertEquals(2, made.notes().size());
                ImageSnapshot images = Dumps.images(made);
                assertTrue(((FileImage.RegularFile) images.file(images.descriptor(puppet.pid(), 6).orElseThrow())).external());
                puppet.awaitGone();
            } finally {
                ProcessCalls.umount2(place, ProcessCalls.MNT_DETACH);
            }
        }
    }

    @Test
    void tcp_connections_are_the_users_choice_and_the_rest_is_none(Scratch scratch) {
        try (OwnedFd server = SocketCalls.listenTcp("127.0.0.1", 0, 1); Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen()");
            assertEquals(List.of(), Dumps.of(scratch, puppet).leaveRunning().run().manifest().criuOptions());
            puppet.eval("c = socket.create_connection(('127.0.0.1', " + SocketCalls.localPort(server.number()) + "))");
            try (OwnedFd connection = SocketCalls.accept(server.number())) {
                Failure refused = Dumps.of(scratch, puppet).fails();
                assertRefused(refused, "a TCP connection is open", puppet);
                assertTrue(refused.because().get(0).contains("127.0.0.1:" + SocketCalls.localPort(server.number()) + " (ESTABLISHED)"));
                String options = String.join(" ", Dumps.of(scratch, puppet).leaveRunning().tcp(Tcp.ESTABLISHED).run().manifest().criuOptions());
                assertTrue(options.matches("--tcp-established --network-lock (nftables|iptables|skip)"), options);
                SocketCalls.send(connection.number(), new byte[] {'x'}, 0, 1);
                assertEquals("b'x'", puppet.eval("c.recv(9)"), "the connection lives on after a dump");
            }
            puppet.eval("c.recv(9); c.shutdown(socket.SHUT_WR)");
            Await.until("the end of the connection on both sides", () -> puppet.eval("open('/proc/net/tcp').read().count('%d' % os.fstat(c.fileno()).st_ino)").equals("0"));
            Checkpoint made = Dumps.of(scratch, puppet).run();
            assertEquals(List.of("--tcp-close"), made.manifest().criuOptions());
            puppet.awaitGone();
            RawCriu.restore(scratch, made.generation().directory()).option("--tcp-close").run();
            assertEquals("True", puppet.eval("l.getsockname()[1] > 0"));
        }
    }

    @Test
    void established_connections_are_closed_if_the_user_wants_that(Scratch scratch) {
        try (OwnedFd server = SocketCalls.listenTcp("127.0.0.1", 0, 1); Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("c = socket.create_connection(('127.0.0.1', " + SocketCalls.localPort(server.number()) + "))");
            Checkpoint made = Dumps.of(scratch, puppet).tcp(Tcp.CLOSE).run();
            assertEquals(List.of("--tcp-close"), made.manifest().criuOptions());
            assertTrue(Dumps.images(made).inventory().tcpClose());
            puppet.awaitGone();
        }
    }

    @Test
    void a_network_namespace_of_its_own(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            puppet.eval("import ctypes; ctypes.CDLL(None).unshare(0x40000000)"); // CLONE_NEWNET
            puppet.eval("pair = socket.socketpair(); l = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen()");
            List<String> options = Dumps.of(scratch, puppet).run().manifest().criuOptions();
            assertEquals("--network-lock", options.get(0), options::toString);
            puppet.awaitGone();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "ctypes.CDLL(None).syscall(425, 4, ctypes.create_string_buffer(256))", // io_uring_setup
        "os.pidfd_open(1)",
        "socket.socket(40, socket.SOCK_STREAM).detach()", // AF_VSOCK
        "socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).detach()", // MPTCP
        "os.open('/dev/net/tun', os.O_RDWR)",
        "os.open('/dev/fuse', os.O_RDWR)",
        "ctypes.CDLL(None).syscall(323, 0)"}) // userfaultfd
    void what_criu_has_no_image_for_is_refused_and_the_puppet_runs_on(String open, Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            String fd = puppet.eval("import ctypes\ntry:\n n = " + open + "\nexcept OSError as e:\n n = -1\nn");
            assumeTrue(!fd.equals("-1"), "this kernel has none: " + open);
            assertRefused(Dumps.of(scratch, puppet).fails(), "fd " + fd + " of pid " + puppet.pid(), puppet);
        }
    }

    @Test
    void a_traced_process_is_refused_with_the_tracer_named(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            Puppet child = puppet.child("traced");
            // PTRACE_SEIZE, which does not stop it
            assertEquals("0", puppet.eval("import ctypes\nctypes.CDLL(None).ptrace(0x4206, " + child.pid() + ", 0, 0)"));
            assertRefused(Dumps.of(scratch, puppet).fails(), "pid " + child.pid() + " (python3", puppet);
        }
    }

    @Test
    void an_orphan_in_the_session_is_refused_or_ended_or_ignored(Scratch scratch) {
        try (Puppet puppet = Puppet.start(scratch)) {
            int orphan = Integer.parseInt(puppet.eval("""
                    r, w = os.pipe()
                    if os.fork() == 0:
                        middle = os.fork()
                        if middle == 0:
                            os.execvp('sleep', ['sleep', '1000'])
                        os.write(w, b'%d' % middle)
                        os._exit(0)
                    os.wait()
                    number = os.read(r, 99).decode()
                    os.close(r)
                    os.close(w)
                    number"""));
            Await.until("sleep", () -> Children.describe(orphan).contains("sleep"));
            assertRefused(Dumps.of(scratch, puppet).fails(), "pid " + orphan + " (sleep), which is in session " + puppet.pid(), puppet);
            assertEquals(1, Dumps.of(scratch, puppet).leaveRunning().intruders(Intruders.IGNORE).run().notes().size());
            assertTrue(Children.isRunning(orphan));
            Dumps.of(scratch, puppet).intruders(Intruders.END).run();
            assertFalse(Children.isRunning(orphan));
            Children.awaitGone(List.of(orphan), Await.LIMIT);
            puppet.awaitGone();
        }
    }

    /** Rejected before criu was called: nothing was written, and the puppet answers. */
    private static void assertRefused(Failure failure, String what, Puppet puppet) {
        assertEquals(ExitCode.PLAN, failure.exitCode(), failure::getMessage);
        assertTrue(failure.what().contains(what), failure::what);
        assertEquals("2", puppet.eval("1 + 1"));
    }

    private static int modes(String directory) {
        return FileCalls.list(directory).stream().map(name -> FileCalls.stat(directory + "/" + name)).map(FileStatus::permissions)
                .collect(Collectors.reducing(0, (a, b) -> a | b));
    }
}
