package dev.thaw.it.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thaw.check.pid.PidCheck;
import dev.thaw.check.pid.PidReader;
import dev.thaw.checkpoint.DumpOptions;
import dev.thaw.criu.CriuLog;
import dev.thaw.criu.LogFinding;
import dev.thaw.it.FdEntry;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Puppet;
import dev.thaw.it.RawCriu;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.Scratch;
import dev.thaw.it.SystemCalls;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.SocketCalls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What {@code thaw check pid} foretells is what criu then does, in both directions: it stops exactly what criu refuses with all the options
 * that thaw would give it. The table of it is docs/foretold.md ({@code -DupdateDocs} rewrites it).
 */
@IntegrationTest
class ForetoldIT {
    private static final Path DOCUMENT = Path.of(System.getProperty("thaw.root", "..")).resolve("docs/foretold.md");
    private static final Map<Integer, String> ROWS = new ConcurrentSkipListMap<>();
    private static final String C = SystemCalls.PYTHON;

    /**
     * @param outside what the test itself has: {@code pipe}, {@code socket} or {@code listener} at descriptor 7, or nothing
     * @param python run in the process
     * @param verdict the worst that check is to say
     */
    record Situation(int number, String name, String outside, String python, String verdict) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Situation in(List<Situation> all, String name, String python, String verdict) {
        return new Situation(all.size() + 1, name, "", python, verdict);
    }

    static List<Situation> situations() {
        List<Situation> all = new ArrayList<>();
        String[][] rows = {
            {"nothing but three streams", "1", "fine"},
            {"both ends of a pipe, with unread bytes", "r, w = os.pipe(); os.write(w, b'abc')", "fine"},
            {"a socket pair", "S = socket.socketpair()", "fine"},
            {"an epoll set", "r, w = os.pipe(); e = select.epoll(); e.register(r)", "fine"},
            {"an epoll set whose target was moved", "e = select.epoll(); r, w = os.pipe(); e.register(r); os.dup2(r, 20); os.close(r)", "fine"},
            {"eventfd", C + "L.eventfd(5, 0)", "fine"},
            {"timerfd", C + "L.timerfd_create(1, 0)", "fine"},
            {"inotify", C + "f = L.inotify_init1(0); L.inotify_add_watch(f, b'/', 2)", "fine"},
            {"a memfd", "memfd('m', 'x')", "fine"},
            {"a terminal of its own, both sides", "T = pty_pair()", "fine"},
            {"a listening TCP socket", "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()", "fine"},
            {"a UDP socket", "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', 0))", "fine"},
            {"a zombie", "p = os.fork()\nif p == 0: os._exit(3)\nos.waitid(os.P_PID, p, os.WEXITED | os.WNOWAIT)", "fine"},
            {"a child in a session of its own", "child('c', session=True)", "fine"},
            {"a thread", "import _thread; _thread.start_new_thread(time.sleep, (1000,))", "fine"},
            {"its own file of /proc", "f = os.open('/proc/self/status', 0)", "fine"},
            {"a pidfd of itself", "f = os.pidfd_open(os.getpid())", "fine"},
            {"a small deleted file", "f = os.open(D + '/d', os.O_RDWR | os.O_CREAT); os.write(f, b'x'); os.unlink(D + '/d')", "fine"},
            {"a large deleted file", "f = os.open(D + '/d', os.O_RDWR | os.O_CREAT); os.write(f, b'x' * 3000000); os.unlink(D + '/d')", "note"},
            {"a deleted file with another name", "f = os.open(D + '/d', os.O_RDWR | os.O_CREAT); os.link(D + '/d', D + '/e'); os.unlink(D + '/d')", "note"},
            {"a locked file", "f = os.open(D + '/l', os.O_RDWR | os.O_CREAT); fcntl.flock(f, 2)", "note"},
            {"a closed standard output", "os.close(1)", "note"},
            {"unread datagrams", "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', 0)); s.sendto(b'x', s.getsockname())", "differs"},
            {"unread events", C + "f = L.inotify_init1(0); L.inotify_add_watch(f, D.encode(), 0x100); open(D + '/n', 'w').close()", "differs"},
            {"a thread in a directory of its own", C + "import _thread\nmoved = _thread.allocate_lock(); moved.acquire()\ndef f():\n  L.unshare(0x200); moved.release(); time.sleep(1000)\n_thread.start_new_thread(f, ()); moved.acquire()", "differs"},
            {"a POSIX lock on a mapped file", "f = os.open(D + '/l', os.O_RDWR | os.O_CREAT); os.ftruncate(f, 4096); M = mmap.mmap(f, 4096); fcntl.lockf(f, 2)", "differs"},
            {"a POSIX message queue", "import ctypes; R = ctypes.CDLL('librt.so.1'); R.mq_open(('/thaw-%d' % os.getpid()).encode(), 0o102, 0o600, None); R.mq_unlink(('/thaw-%d' % os.getpid()).encode())", "needs"},
            {"io_uring", C + "L.syscall(425, 8, ctypes.create_string_buffer(bytes(120)))", "stops"},
            {"userfaultfd", C + "L.syscall(323, 1)", "stops"},
            {"secret memory", C + "f = L.syscall(447, 0); os.ftruncate(f, 4096); M = mmap.mmap(f, 4096)", "stops"},
            {"System V shared memory", C + "i = L.shmget(0, 4096, 0o1600); A = ctypes.CDLL(None).shmat; A.restype = ctypes.c_void_p; A(i, None, 0); L.shmctl(i, 0, None)", "stops"},
            {"AF_VSOCK", "s = socket.socket(40, socket.SOCK_STREAM)", "stops"},
            {"multipath TCP", "s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)", "stops"},
            {"an established TCP connection", "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); c = socket.socket(); c.connect(s.getsockname()); a, _ = s.accept()", "stops"},
            {"a TCP connection that was not accepted", "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); c = socket.socket(); c.connect(s.getsockname())", "stops"},
            {"a unix connection that was not accepted, with bytes", "s = socket.socket(socket.AF_UNIX); s.bind('\\0thaw-%d' % os.getpid()); s.listen(); c = socket.socket(socket.AF_UNIX); c.connect(s.getsockname()); c.send(b'x')", "stops"},
            {"unread netlink messages", "s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0); s.bind((0, 0)); s.send(struct.pack('<IHHIIBBHiII', 32, 18, 0x301, 1, 0, 0, 0, 0, 0, 0, 0)); time.sleep(.1)", "stops"},
            {"a pidfd of a process outside", "f = os.pidfd_open(os.getppid())", "stops"},
            {"a timer that wakes the machine", C + "L.timerfd_create(9, 0)", "stops"},
            {"an epoll target that only a child has open", "e = select.epoll(); r, w = os.pipe(); e.register(r); child('c'); os.close(r)", "stops"},
            {"a child in a UTS namespace of its own", C + "r, w = os.pipe(); p = os.fork()\nif p == 0:\n  L.unshare(0x4000000); os.close(r); os.close(w); time.sleep(1000)\nos.close(w); os.read(r, 1); os.close(r)", "stops"},
            {"a time namespace for its children", C + "L.unshare(0x80)", "stops"},
            {"a ring of io_uring that is only mapped still", C + "f = L.syscall(425, 8, ctypes.create_string_buffer(bytes(120))); M = mmap.mmap(f, 4096); os.close(f)", "stops"},
            {"a child that shares its memory", C + "S = ctypes.create_string_buffer(65536); l = ctypes.CDLL(None); l.clone.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]; l.clone(ctypes.cast(l.pause, ctypes.c_void_p), ctypes.addressof(S) + 65472, 0x100 | 17, None)", "stops"},
            {"a child that shares its working directory", C + "if L.syscall(56, 0x200 | 17, None, None, None, None) == 0: time.sleep(1000)", "stops"},
            {"a process whose main thread has ended", C + "r, w = os.pipe(); p = os.fork()\nif p == 0:\n  import _thread; t = _thread.allocate_lock(); t.acquire(); _thread.start_new_thread(lambda: (t.release(), time.sleep(1000)), ()); t.acquire(); os.close(r); os.close(w); L.syscall(60, 0)\nos.close(w); os.read(r, 1); os.close(r)\nwhile ') Z ' not in open('/proc/%d/stat' % p).read(): time.sleep(.01)", "stops"},
            {"a Landlock rule set", C + "L.syscall(444, ctypes.create_string_buffer(struct.pack('<Q', 1)), 8, 0)", "stops"},
        };
        for (String[] row : rows) {
            all.add(in(all, row[0], row[1], row[2]));
        }
        for (String[] row : new String[][] {{"pipe", "a pipe to a reader outside, not a stream", "needs"}, {"socket", "a socket pair with a process outside", "needs"},
                {"listener", "a TCP listener that a process outside has too", "needs"}}) {
            all.add(new Situation(all.size() + 1, row[1], row[0], "1", row[2]));
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("situations")
    @RequiresCriu
    @Timeout(60)
    void check_foretells_what_criu_does(Situation situation, Scratch scratch) {
        assumeTrue(System.getProperty("os.arch").equals("amd64"), "the numbers of the system calls are those of x86-64");
        List<OwnedFd> ours = new ArrayList<>();
        try (Puppet puppet = start(situation, scratch, ours)) {
            make(situation, scratch, puppet);
            Set<Integer> before = numbers(puppet);
            Foretold foretold = situation.outside().isEmpty() ? lookHere(puppet.pid()) : askThaw(scratch, puppet.pid());
            String verdict = foretold.verdict();
            assertEquals(situation.verdict(), verdict, foretold.text());

            String[] options = foretold.criuOptions().toArray(String[]::new);
            boolean goesOn = !Set.of("stops", "needs").contains(verdict);
            String plain = options.length == 0 ? "" : word(RawCriu.dump(scratch, puppet.pid(), scratch.path("plain")).option("-R").attempt());
            RawCriu dump = RawCriu.dump(scratch, puppet.pid(), scratch.path("helped")).option(options);
            RawCriu.Outcome helped = (goesOn ? dump : dump.option("-R")).attempt();
            assertEquals(verdict.equals("stops"), helped.exitCode() != 0, verdict + " is foretold; criu " + String.join(" ", options) + "\n" + helped);
            Optional<LogFinding> why = verdict.equals("stops") ? CriuLog.parse(helped.log()).finding() : Optional.empty();
            assertEquals(verdict.equals("stops"), why.filter(LogFinding::known).isPresent(), "thaw explain knows why criu refuses it: " + helped);
            if (goesOn) {
                RawCriu.restore(scratch, scratch.path("helped")).option(options).run();
                puppet.eval("1");
                assertEquals(before, numbers(puppet), "descriptors after the restore");
            }
            ROWS.put(situation.number(), "| " + situation.name() + " | " + verdict + " | " + (plain.isEmpty() ? word(helped) : plain) + " | "
                    + (options.length == 0 ? "" : "`" + String.join(" ", kinds(foretold.criuOptions())) + "`") + " | " + word(helped) + " | "
                    + (goesOn ? "restores it" : "") + " | "
                    + why.map(LogFinding::rule).orElse("") + " |");
        } finally {
            ours.forEach(OwnedFd::close);
        }
    }

    private static void make(Situation situation, Scratch scratch, Puppet puppet) {
        SystemCalls.make(puppet, "D = '" + scratch.directory("things") + "'\n" + situation.python());
    }

    private static Set<Integer> numbers(Puppet puppet) {
        return puppet.fdTable().stream().map(FdEntry::fd).collect(Collectors.toCollection(TreeSet::new));
    }

    private record Foretold(String verdict, List<String> criuOptions, String text) {}

    /** In the test's own JVM: starting one for each situation would take most of the time. */
    private static Foretold lookHere(int pid) {
        PidCheck check = PidCheck.of(PidReader.read(pid).orElseThrow(),
                new DumpOptions(false, Optional.empty(), DumpOptions.NetworkLock.SKIP, DumpOptions.Intruders.FAIL, List.of()));
        return new Foretold(check.findings().verdict().word(), check.criuOptions(), check.findings().toString());
    }

    /** Where the test itself is the process outside: check does not count the process that it runs in. */
    private static Foretold askThaw(Scratch scratch, int pid) {
        String text = ThawProcess.run(scratch, "check", "--json", "pid", Integer.toString(pid)).expect(0).out();
        JsonObject report = JsonParser.parseString(text).getAsJsonObject();
        List<String> options = new ArrayList<>();
        report.getAsJsonArray("criuOptions").forEach(option -> options.add(option.getAsString()));
        return new Foretold(report.get("verdict").getAsString(), options, text);
    }

    private static Puppet start(Situation situation, Scratch scratch, List<OwnedFd> ours) {
        Puppet.Builder builder = Puppet.in(scratch).nullStreams();
        switch (situation.outside()) {
            case "pipe" -> {
                FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                ours.add(pipe.reader());
                return startAndClose(builder.descriptor(7, pipe.writer().number()), pipe.writer());
            }
            case "socket" -> {
                OwnedFd[] pair = SocketCalls.socketpair(SocketCalls.SOCK_STREAM);
                ours.add(pair[0]);
                return startAndClose(builder.descriptor(7, pair[1].number()), pair[1]);
            }
            case "listener" -> {
                ours.add(SocketCalls.listenTcp("127.0.0.1", 0, 1));
                return builder.descriptor(7, ours.get(0).number()).start();
            }
            default -> {
                return builder.start();
            }
        }
    }

    private static Puppet startAndClose(Puppet.Builder builder, OwnedFd handed) {
        try (handed) {
            return builder.start();
        }
    }

    private static String word(RawCriu.Outcome outcome) {
        return outcome.exitCode() == 0 ? "dumps it" : "refuses";
    }

    /** Without inode numbers, which are others in each run. */
    private static List<String> kinds(List<String> options) {
        return options.stream().map(word -> word.replaceFirst("\\[.*]", "[…]")).filter(word -> !word.matches("[0-9]+")).distinct().toList();
    }

    @AfterAll
    static void the_document_says_the_same() throws IOException {
        if (ROWS.size() < situations().size()) {
            return; // some were not run, or failed and have said so
        }
        String text = "# What check foretells\n\nMade by a test that puts a process into each of these situations, asks `thaw check pid`, and then has criu dump it: as it\n"
                + "is, and with the options that thaw would give it. A process that check stops is one that criu refuses then, and no other; what it\n"
                + "does not stop, and needs nobody for, criu restores, with the same descriptors.\n"
                + "*differs*: dumped, and something is lost or no longer shared after a restore; *needs*: dumped, and a restore wants to be told\n"
                + "more; *note*: thaw sees to it. *explained as*: the rule of docs/errors.md by which `thaw explain` knows the refusal in criu's log.\n\n| situation | check says | criu alone | thaw adds | criu then | restore | explained as |\n"
                + "|---|---|---|---|---|---|---|\n"
                + String.join("\n", new TreeMap<>(ROWS).values()) + "\n";
        if (System.getProperty("updateDocs") != null) {
            Files.writeString(DOCUMENT, text, StandardCharsets.UTF_8);
        }
        assertEquals(text, Files.exists(DOCUMENT) ? Files.readString(DOCUMENT) : "", "docs/foretold.md is stale: run this test with -DupdateDocs");
    }
}
