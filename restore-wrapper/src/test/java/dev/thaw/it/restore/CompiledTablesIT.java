package dev.thaw.it.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.compile.StreamKind;
import dev.thaw.compile.Variant;
import dev.thaw.it.CriuOnHost;
import dev.thaw.it.Dumps;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.Scratch;
import dev.thaw.it.TestCgroup;
import dev.thaw.it.TestPty;
import dev.thaw.it.TestSocketPair;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.plan.Handover;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.restore.BrokerNames;
import dev.thaw.restore.PlanCompiler;
import dev.thaw.restore.Planning;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What docs/fd-mapping.md has: a compiled plan restores it as the planner does, or leaves it to the planner. */
@IntegrationTest
@RequiresCriu
@RequiresRoot
class CompiledTablesIT {
    /** With this, nothing but a compiled plan can restore. */
    private static final String NO_JAVA = "/nonexistent/java";
    private static final String AWKWARD = "im age'\"$(touch hacked)`touch hacked`\n%LIST%\\*é";
    /** Every byte that a name can hold. */
    private static final String EVERY_BYTE = everyByte();

    /** Opens descriptors from number 10 on; `put` gives the next number. */
    private static final String TOOLS = """
            import ctypes, itertools
            n = 10
            libc = ctypes.CDLL(None)
            def put(fd, cloexec=False):
                global n
                place(fd, n)
                os.set_inheritable(n, not cloexec)
                n += 1
                return n - 1
            def file(name, flags, at=0, content='0123456789', mode=0o644):
                with open(name, 'w') as new:
                    new.write(content)
                os.chmod(name, mode)
                fd = os.open(name, flags)
                os.lseek(fd, at, 0)
                return put(fd)
            """;

    /** Situation → Python code that brings it about; each has the numbers that it takes to itself. */
    private static Map<String, String> situations() {
        Map<String, String> all = new LinkedHashMap<>();
        for (String access : List.of("O_RDONLY", "O_WRONLY", "O_RDWR")) {
            for (String flag : List.of("O_RDONLY", "O_APPEND", "O_NONBLOCK", "O_NOATIME", "O_DSYNC")) {
                for (int at : List.of(0, 4, 10, 99)) {
                    String name = access + "-" + flag + "-" + at;
                    all.put(name, "file('" + name + "', os." + access + " | os." + flag + ", " + at + ")");
                }
            }
        }
        all.put("close-on-exec", "put(os.dup(file('cloexec', os.O_RDWR)), True)");
        all.put("dup", "put(os.dup(file('dup', os.O_RDWR, 3)))");
        all.put("opened twice", "file('twice', os.O_RDWR, 3); put(os.open('twice', os.O_RDWR))");
        all.put("read only for others", "file('mode', os.O_RDONLY, 1, mode=0o400)");
        all.put("empty", "file('empty', os.O_RDWR, content='')");
        all.put("hole", "os.ftruncate(file('hole', os.O_RDWR, 5), 1 << 30)");
        all.put("O_PATH", "put(os.open('dup', os.O_PATH))");
        all.put("directory", "put(os.open('.', os.O_RDONLY | os.O_DIRECTORY))");
        all.put("directory without the flag", "put(os.open('.', os.O_RDONLY))");
        all.put("deleted", "file('deleted', os.O_RDWR, 3); os.unlink('deleted')");
        all.put("deleted twice opened", "file('gone', os.O_RDWR, 3); put(os.open('gone', os.O_RDONLY)); os.unlink('gone')");
        all.put("locked by flock", "fcntl.flock(file('flocked', os.O_RDWR), fcntl.LOCK_EX)");
        all.put("a part locked by POSIX", "fcntl.lockf(file('locked', os.O_RDWR), fcntl.LOCK_EX, 5, 2)");
        all.put("cgroup file", "put(os.open(cgroup + '/cgroup.max.depth', os.O_RDONLY)); os.read(n - 1, 3)");
        all.put("cgroup directory", "put(os.open(cgroup, os.O_RDONLY | os.O_DIRECTORY))");
        for (String access : List.of("O_RDONLY", "O_WRONLY", "O_RDWR")) {
            all.put("/dev/null " + access, "put(os.open('/dev/null', os." + access + "))");
        }
        for (String device : List.of("zero", "full", "random", "urandom")) {
            all.put("/dev/" + device, "put(os.open('/dev/" + device + "', os.O_RDONLY))");
        }
        all.put("pipe", "[put(fd) for fd in os.pipe()]; os.write(n - 1, b'unread')");
        all.put("pipe, empty", "[put(fd) for fd in os.pipe()]");
        all.put("pipe, nonblocking", "[put(fd) for fd in os.pipe2(os.O_NONBLOCK)]");
        all.put("pipe, larger", "[put(fd) for fd in os.pipe()]; fcntl.fcntl(n - 1, 1031, 1 << 18)");
        all.put("FIFO", "os.mkfifo('fifo'); put(os.open('fifo', os.O_RDWR)); os.write(n - 1, b'unread')");
        all.put("FIFO by its two ends", "os.mkfifo('ends'); put(os.open('ends', os.O_RDONLY | os.O_NONBLOCK)); put(os.open('ends', os.O_WRONLY))");
        for (String type : List.of("STREAM", "DGRAM", "SEQPACKET")) {
            all.put("unix pair " + type, "[put(end.detach()) for end in socket.socketpair(socket.AF_UNIX, socket.SOCK_" + type + ")]; os.write(n - 1, b'unread')");
        }
        all.put("unix pair, nonblocking", "[(end.setblocking(False), put(end.detach())) for end in socket.socketpair()]");
        all.put("unix listener and a connection", """
                s = socket.socket(socket.AF_UNIX); s.bind('listener'); s.listen(3)
                c = socket.socket(socket.AF_UNIX); c.connect('listener'); a = s.accept()[0]; c.send(b'unread')
                [put(one.detach()) for one in (s, c, a)]
                """);
        all.put("unix listener, abstract", "s = socket.socket(socket.AF_UNIX); s.bind('\\0thaw-it-%d' % os.getpid()); s.listen(3); put(s.detach())");
        all.put("unix datagrams by name", "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind('datagrams'); put(s.detach())");
        boolean withSixth = FileCalls.statIfExists("/proc/net/if_inet6").isPresent() && FileCalls.readAll("/proc/net/if_inet6").length > 0;
        for (String family : withSixth ? List.of("AF_INET", "AF_INET6") : List.of("AF_INET")) {
            String any = family.equals("AF_INET") ? "127.0.0.1" : "::1";
            all.put("TCP listener " + family, "s = socket.socket(socket." + family + "); s.bind(('" + any + "', 0)); s.listen(3); put(s.detach())");
            all.put("UDP " + family, "s = socket.socket(socket." + family + ", socket.SOCK_DGRAM); s.bind(('" + any + "', 0)); put(s.detach())");
        }
        all.put("terminal", "[put(fd) for fd in pty_pair()]; os.set_blocking(n - 2, False)");
        all.put("memfd", "put(memfd('cache', 'content')); put(os.dup(n - 1))");
        all.put("eventfd", "put(libc.eventfd(7, 0)); put(libc.eventfd(3, os.O_NONBLOCK | 1))");
        all.put("timerfd", "put(libc.timerfd_create(1, 0)); put(libc.timerfd_create(0, os.O_NONBLOCK))");
        all.put("signalfd", "mask = (ctypes.c_uint64 * 16)(1 << 9); put(libc.signalfd(-1, mask, 0))");
        all.put("epoll", """
                put(libc.eventfd(0, 0)); [put(fd) for fd in os.pipe()]
                e = select.epoll(); e.register(n - 3, select.EPOLLIN); e.register(n - 2, select.EPOLLIN | select.EPOLLET); put(os.dup(e.fileno())); e.close()
                """);
        all.put("inotify", "put(libc.inotify_init1(0)); libc.inotify_add_watch(n - 1, b'dup', 0x2)");
        return all;
    }

    /** What each descriptor gives to read, as far as that is no matter of chance. */
    private static final String CONTENTS = """
            def content(fd):
                link = os.readlink('/proc/self/fd/%d' % fd)
                if 'random' in link or fd < 3:
                    return link.startswith('/dev/')
                try:
                    os.set_blocking(fd, False)
                    return os.read(fd, 99)
                except OSError as e:
                    return e.errno
            [(fd, content(fd)) for fd in fds()]""";

    /** Streams of an image: standard output and error are two pipes, or one. */
    enum Streams { APART, TOGETHER }

    @ParameterizedTest
    @EnumSource
    @Timeout(180)
    void both_ways_give_the_same_descriptor_tables(Streams streams, Scratch scratch) {
        String image = scratch.path(streams == Streams.APART ? AWKWARD : EVERY_BYTE);
        try (FdCalls.Pipe in = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                FdCalls.Pipe err = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                TestCgroup cgroup = TestCgroup.v2();
                Puppet puppet = Puppet.in(scratch).cgroup(cgroup).directory(scratch.directory("files")).descriptor(0, in.reader().number())
                        .descriptor(1, out.writer().number())
                        .descriptor(2, streams == Streams.APART ? err.writer().number() : out.writer().number()).start()) {
            puppet.eval(TOOLS + "cgroup = '" + cgroup.directory() + "'; at = {}");
            // Everything once; what standard output and error share once more, beside a little of it.
            List<String> situations = streams == Streams.APART ? new ArrayList<>(situations().keySet()) : List.of("dup", "pipe");
            StringBuilder code = new StringBuilder();
            situations.forEach(name -> code.append("at['").append(name).append("'] = n\n").append(situations().get(name).strip()).append('\n'));
            puppet.eval(code.toString());
            puppet.child("fork");
            Puppet other = puppet.child("other", "session=True");
            other.eval("os.dup2(12, 300); os.close(11); put(os.dup(2)); file('other', os.O_RDWR, 2)");
            puppet.child("table", "share_table=True");
            String numbers = puppet.eval("at");
            ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), image).expect(0);
            puppet.awaitGone();
            for (List<StreamKind> caller : streams == Streams.APART ? callers().subList(0, 4) : callers().subList(3, 6)) {
                boolean parts = streams == Streams.TOGETHER && caller.get(1) != caller.get(2) && caller.subList(1, 3).contains(StreamKind.PIPE);
                List<String> byProgram = restored(scratch, image, puppet, new Caller(caller, streams == Streams.TOGETHER), true, parts);
                if (!parts) {
                    List<String> planned = restored(scratch, image, puppet, new Caller(caller, streams == Streams.TOGETHER), false, false);
                    assertEquals(String.join("\n", planned), String.join("\n", byProgram), caller + " " + numbers);
                }
            }
            assertFalse(FileCalls.statIfExists(scratch.path("hacked")).isPresent(), "a path was taken for shell code");
        }
    }

    /** Each kind of stream at each number, beside others; then standard output and error of one kind. */
    private static List<List<StreamKind>> callers() {
        StreamKind[] kinds = StreamKind.values();
        List<List<StreamKind>> callers = new ArrayList<>();
        for (int i = 0; i < kinds.length; i++) {
            callers.add(List.of(kinds[i], kinds[(i + 1) % kinds.length], kinds[(i + 2) % kinds.length]));
        }
        callers.add(List.of(StreamKind.NULL, StreamKind.PIPE, StreamKind.PIPE));
        callers.add(List.of(StreamKind.PIPE, StreamKind.SOCKET, StreamKind.SOCKET));
        return callers;
    }

    /** @param shared whether standard output and error are one open file description, where they are of one kind */
    private record Caller(List<StreamKind> streams, boolean shared) {}

    /**
     * The tables, and what can be read, after a restore for this caller.
     *
     * @param refused whether there is no program for such a caller, as what was one pipe parts: a shell cannot open a pipe again
     */
    private static List<String> restored(Scratch scratch, String image, Puppet puppet, Caller caller, boolean byProgram, boolean refused) {
        ThawProcess.Builder thaw = byProgram ? program(scratch) : ThawProcess.in(scratch);
        Map<Long, String> names = new HashMap<>();
        List<AutoCloseable> opened = new ArrayList<>();
        try {
            int first = -1;
            for (int stream = 0; stream <= 2; stream++) {
                boolean again = caller.shared() && stream == 2 && caller.streams().get(2) == caller.streams().get(1);
                int ours = again ? first : open(scratch, caller.streams().get(stream), stream, opened);
                first = ours;
                if (ours < 0) {
                    thaw.nullDescriptor(stream);
                } else {
                    thaw.descriptor(stream, ours);
                    names.putIfAbsent(FileCalls.fstat(ours).inode(), "stream " + stream);
                }
            }
            String log = scratch.file("restore.log", "");
            ThawProcess.Result result = byProgram ? thaw.run("restore", "--detach", "--settle", "0", image)
                    : thaw.run("restore", "--detach", "--settle", "0", "--log-file", log, image);
            assertEquals(refused ? 125 : 0, result.exitCode(), () -> scratch.read("restore.log") + caller + (byProgram ? ": there are programs for " : ": planned for ") + compiledFor(image));
            if (refused) {
                assertTrue(compiledFor(image).contains("a shell has no words for own stdout, opened again O_WRONLY"), compiledFor(image));
                return List.of();
            }
            List<String> tables = new ArrayList<>(DescriptorTables.of(puppet, names));
            tables.add(puppet.eval(CONTENTS));
            return tables;
        } finally {
            end(puppet);
            opened.forEach(CompiledTablesIT::close);
        }
    }

    private static String compiledFor(String image) {
        PlanCompiler.Compiled compiled = PlanCompiler.compile(planning(image), CriuOnHost.binary());
        return compiled.because() + compiled.plan().map(plan -> plan.variants().stream().map(Variant::streams).toList().toString()).orElse("");
    }

    private static int open(Scratch scratch, StreamKind kind, int stream, List<AutoCloseable> opened) {
        switch (kind) {
            case PIPE:
                FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                opened.add(pipe);
                return stream == 0 ? pipe.reader().number() : pipe.writer().number();
            case SOCKET:
                TestSocketPair pair = TestSocketPair.stream();
                opened.add(pair);
                return pair.theirs();
            case FILE:
                OwnedFd file = scratch.open("stream-" + stream, OpenFlags.O_CREAT | (stream == 0 ? OpenFlags.O_RDONLY : OpenFlags.O_WRONLY | OpenFlags.O_APPEND));
                opened.add(file);
                return file.number();
            default:
                return -1;
        }
    }

    private static void close(AutoCloseable one) {
        try {
            one.close();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** Of both versions where this machine has them. */
    @Test
    void files_and_directories_of_a_cgroup_that_is_gone_are_those_of_the_cgroup_that_the_program_runs_in(Scratch scratch) {
        Optional<TestCgroup> memory = TestCgroup.v1("memory");
        Optional<TestCgroup> newMemory = TestCgroup.v1("memory");
        try (TestCgroup old = TestCgroup.v2(); TestCgroup now = TestCgroup.v2()) {
            for (TestCgroup cgroup : List.of(old, now)) {
                cgroup.child("inner").write("cgroup.max.depth", cgroup == old ? "3" : "4");
            }
            memory.ifPresent(cgroup -> cgroup.write("memory.limit_in_bytes", "1073741824"));
            newMemory.ifPresent(cgroup -> cgroup.write("memory.limit_in_bytes", "2147483648"));
            Puppet.Builder builder = Puppet.in(scratch).cgroup(old).nullStreams();
            memory.ifPresent(builder::cgroup);
            try (Puppet puppet = builder.start()) {
                puppet.eval(TOOLS + "put(os.open('" + old.file("cgroup.procs") + "', os.O_RDONLY)); put(os.dup(n - 1)); put(os.open('"
                        + old.file("inner/cgroup.max.depth") + "', os.O_RDONLY)); os.read(n - 1, 99)\nput(os.open('" + old.directory() + "', os.O_RDONLY)); put(os.open('"
                        + old.file("inner") + "', os.O_RDONLY))");
                memory.ifPresent(cgroup -> puppet.eval("put(os.open('" + cgroup.file("memory.limit_in_bytes") + "', os.O_RDONLY)); os.read(n - 1, 99)"));
                puppet.child("fork");
                ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), scratch.path("image")).expect(0);
                puppet.awaitGone();

                // Left to criu where it is still there.
                assertEquals(within(scratch, puppet, false, now, newMemory), within(scratch, puppet, true, now, newMemory));
                old.vanish();
                memory.ifPresent(TestCgroup::vanish);
                List<String> byProgram = within(scratch, puppet, true, now, newMemory);
                assertEquals(within(scratch, puppet, false, now, newMemory), byProgram);
                assertTrue(byProgram.get(3).startsWith("root/10 " + now.file("cgroup.procs") + " ") && byProgram.get(5).startsWith("root/12 "
                        + now.file("inner/cgroup.max.depth") + " ") && byProgram.get(5).contains(" at 2 "), byProgram::toString);
                assertTrue(byProgram.get(6).startsWith("root/13 " + now.directory() + " ") && byProgram.get(7).startsWith("root/14 " + now.file("inner") + " "),
                        byProgram::toString);
                newMemory.ifPresent(cgroup -> assertTrue(byProgram.get(8).startsWith("root/15 " + cgroup.file("memory.limit_in_bytes") + " "), byProgram::toString));
                // No counterpart: the planner says so.
                try (TestCgroup other = TestCgroup.v2()) {
                    program(scratch).cgroup(other).run("restore", "--detach", scratch.path("image")).expect(125).expectErr("THAW_JAVA");
                }
            }
        } finally {
            memory.ifPresent(TestCgroup::close);
            newMemory.ifPresent(TestCgroup::close);
        }
    }

    /** No redirection of a shell's opens with O_DIRECTORY, or O_NONBLOCK. */
    @Test
    void planner_opens_a_directory_of_a_cgroup_that_is_gone_as_opendir_does(Scratch scratch) {
        try (TestCgroup old = TestCgroup.v2(); TestCgroup now = TestCgroup.v2(); Puppet puppet = Puppet.in(scratch).cgroup(old).nullStreams().start()) {
            puppet.eval(TOOLS + "put(os.open('" + old.directory() + "', os.O_RDONLY | os.O_DIRECTORY | os.O_NONBLOCK))");
            int before = puppet.fd(10).flags();
            ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), scratch.path("image")).expect(0);
            puppet.awaitGone();
            old.vanish();
            program(scratch).cgroup(now).run("restore", "--detach", scratch.path("image")).expect(125).expectErr("THAW_JAVA");
            ThawProcess.in(scratch).cgroup(now).run("restore", "--detach", "--settle", "0", scratch.path("image")).expect(0);
            assertEquals(now.directory(), puppet.fd(10).link());
            assertEquals(before, puppet.fd(10).flags());
            end(puppet);
        }
    }

    /** The tables after a restore in these cgroups. */
    private static List<String> within(Scratch scratch, Puppet puppet, boolean byProgram, TestCgroup unified, Optional<TestCgroup> memory) {
        ThawProcess.Builder thaw = (byProgram ? program(scratch) : ThawProcess.in(scratch)).cgroup(unified);
        memory.ifPresent(thaw::cgroup);
        thaw.run("restore", "--detach", "--settle", "0", scratch.path("image")).expect(0);
        assertTrue(unified.processes().contains(puppet.pid()));
        List<String> tables = DescriptorTables.of(puppet, Map.of());
        end(puppet);
        return tables;
    }

    /** What came between the checkpoint and the restore. */
    enum Change {
        GREW("its size was 10 and is 15", path -> append(path, "67890")),
        SHRANK("its size was 10 and is 0", path -> FileCalls.writeFile(path, new byte[0], 0644)),
        ROTATED("its size was 10 and is 3", path -> {
            FileCalls.rename(path, path + ".1");
            FileCalls.writeFile(path, new byte[3], 0644);
        }),
        OTHER_MODE("its mode was 0644 and is 0600", path -> FileCalls.chmod(path, 0600));

        private final String reason;
        private final Consumer<String> change;

        Change(String reason, Consumer<String> change) {
            this.reason = reason;
            this.change = change;
        }
    }

    @Test
    void planner_is_taken_where_a_file_is_not_as_it_was(Scratch scratch) {
        try (TestPty terminal = new TestPty();
                FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Puppet puppet = Puppet.in(scratch).directory(scratch.path()).nullStreams().descriptor(1, out.writer().number()).start()) {
            puppet.eval(TOOLS);
            for (Change change : Change.values()) {
                puppet.eval("file('" + change + "', os.O_RDWR, 4)");
            }
            ThawProcess.run(scratch, "checkpoint", "" + puppet.pid(), scratch.path("image")).expect(0);
            puppet.awaitGone();
            // As it was, a program restores it, but not to a terminal.
            program(scratch).run("restore", "--detach", "--settle", "0", scratch.path("image")).expect(0);
            end(puppet);
            program(scratch).descriptor(1, terminal.slave()).run("restore", "--detach", scratch.path("image")).expect(125).expectErr("THAW_JAVA");
            for (Change change : Change.values()) {
                String path = scratch.path(change.name());
                byte[] before = FileCalls.readAll(path);
                change.change.accept(path);
                program(scratch).run("restore", "--detach", scratch.path("image")).expect(125).expectErr("THAW_JAVA");
                assertFalse(puppet.isRunning());
                List<String> because = planning(scratch.path("image")).ready().handovers().stream().map(Handover::because).toList();
                assertTrue(because.stream().anyMatch(text -> text.contains(change.reason)), change + ": " + because);
                FileCalls.writeFile(path, before, 0644);
                FileCalls.chmod(path, 0644);
                puppet.awaitGone();
            }
            // By the planner, with a file that grew.
            append(scratch.path("GREW"), "67890");
            ThawProcess.in(scratch).throughScript().run("restore", "--detach", "--settle", "0", scratch.path("image")).expect(0);
            assertEquals("45678967890", puppet.eval("read(10)"));
            end(puppet);
        }
    }

    /** What a shell has no words for. */
    enum Held {
        CLOSED_STREAM("there is something to tell: "), UNREAD_BYTES("unread bytes are written first to pipe:["), POLICY("a policy lies beside it");

        private final String reason;

        Held(String reason) {
            this.reason = reason;
        }
    }

    @ParameterizedTest
    @EnumSource
    void no_program_is_made_of_what_a_shell_has_no_words_for(Held held, Scratch scratch) {
        try (FdCalls.Pipe in = FdCalls.pipe2(OpenFlags.O_CLOEXEC)) {
            Puppet.Builder builder = Puppet.in(scratch).nullDescriptor(1).nullDescriptor(2);
            if (held != Held.CLOSED_STREAM) {
                builder.descriptor(0, in.reader().number());
            }
            try (Puppet puppet = builder.start()) {
                if (held == Held.UNREAD_BYTES) {
                    FileCalls.writeFully(in.writer().number(), new byte[] {'a'});
                }
                String generation = Dumps.of(scratch, puppet).run().generation().directory();
                puppet.awaitGone();
                if (held == Held.POLICY) {
                    FileCalls.writeFile(generation + "/policy.yaml", KernelString.encode("type: pipe\naction: reopen\n"), 0600);
                }
                PlanCompiler.Compiled compiled = PlanCompiler.compile(planning(scratch.path("image")), CriuOnHost.binary());
                assertTrue(compiled.plan().isEmpty());
                assertTrue(compiled.because().startsWith(held.reason), compiled.because());
            }
        }
    }

    private static Planning planning(String image) {
        return Planning.of(image, RestoreOptions.automatic(), Set.of(), BrokerNames.of(Optional.empty()));
    }

    private static void append(String path, String text) {
        try (OwnedFd file = FileCalls.open(path, OpenFlags.O_WRONLY | OpenFlags.O_APPEND)) {
            FileCalls.writeFully(file.number(), KernelString.encode(text));
        }
    }

    private static ThawProcess.Builder program(Scratch scratch) {
        return ThawProcess.in(scratch).throughScript().environment("THAW_JAVA", NO_JAVA);
    }

    private static void end(Puppet puppet) {
        if (puppet.isRunning()) {
            ProcessCalls.kill(puppet.pid(), Signals.SIGKILL);
            puppet.children().forEach(child -> ProcessCalls.kill(child.pid(), Signals.SIGKILL));
        }
        puppet.awaitGone();
    }

    private static String everyByte() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        IntStream.rangeClosed(1, 255).filter(value -> value != '/').forEach(bytes::write);
        return KernelString.decode(bytes.toByteArray());
    }
}
