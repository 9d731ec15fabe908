package dev.thaw.it.explain;

import dev.thaw.it.Await;
import dev.thaw.it.CriuOnHost;
import dev.thaw.it.Program;
import dev.thaw.it.Puppet;
import dev.thaw.it.RawCriu;
import dev.thaw.it.SystemCalls;
import dev.thaw.it.TestPty;
import dev.thaw.it.TestSocketPair;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.ProcessStat;
import java.util.List;

/** What criu refuses to dump. More of it is in ForetoldIT. */
final class DumpActs {
    /** Listens, connects and accepts. */
    static final String TCP = "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); c = socket.socket(); c.connect(s.getsockname()); a, _ = s.accept()";

    private static final List<String> NO_SYS_ADMIN = List.of("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin");
    /** A probe in the process whose pid is put in, at a function of the C library that a puppet calls all the time. */
    private static final String UPROBE = SystemCalls.PYTHON + """
            pid = %d
            def code(p): return [l.split() for l in open('/proc/%%d/maps' %% p) if 'libc.so' in l and 'r-xp' in l][0]
            here = code(os.getpid())
            offset = ctypes.cast(ctypes.CDLL(None).stat, ctypes.c_void_p).value - int(here[0].split('-')[0], 16) + int(here[2], 16)
            path = ctypes.create_string_buffer(code(pid)[5].encode())
            attributes = bytearray(136)
            struct.pack_into('<II', attributes, 0, int(open('/sys/bus/event_source/devices/uprobe/type').read()), 136)
            struct.pack_into('<QQ', attributes, 56, ctypes.addressof(path), offset)
            L.syscall(298, ctypes.create_string_buffer(bytes(attributes), 136), pid, -1, -1, 8)
            """;
    /** A root of its own out of the machine's directories, as container runtimes make one. */
    private static final String CONTAINER = """
            mount -t tmpfs root "$1" && cd "$1" && mkdir proc old || exit 1
            for d in usr bin lib lib64 etc dev; do [ -d /$d ] && mkdir $d && mount --rbind /$d $d; done
            mount -t proc proc proc && pivot_root . old && cd / && umount -l /old && exec sleep 1000 </dev/null >/dev/null 2>&1
            """;

    private DumpActs() {}

    static List<Act> all() {
        return List.of(
                new Act("a job of a shell", DumpActs::job),
                new Act("a socket with its other end outside", DumpActs::socketPair),
                new Act("iptables that is not there", stage -> stage.fails("network-lock", "an established connection, and no iptables in PATH",
                        stage.dump(stage.puppet(TCP)).option("--tcp-established", "--network-lock", "iptables")
                                .environment("PATH", onlyShell(stage)).attempt())),
                new Act("deleted files", DumpActs::deleted),
                new Act("files of mounts that are gone or hidden", DumpActs::mounts),
                new Act("a container", DumpActs::container),
                new Act("a locked file", stage -> stage.fails("file-locks", "a file locked by flock(2)", stage.dump(stage.puppet(
                        "place(os.open('" + stage.directory() + "/l', os.O_RDWR | os.O_CREAT), 5); fcntl.flock(5, 2)")).attempt())),
                new Act("a ring of io_uring, mapped and closed", stage -> {
                    Puppet puppet = stage.puppet();
                    SystemCalls.make(puppet, SystemCalls.PYTHON
                            + "f = L.syscall(425, 8, ctypes.create_string_buffer(bytes(120))); M = mmap.mmap(f, 4096); os.close(f)");
                    stage.fails("io-uring", "a ring of io_uring, mapped and then closed", stage.dump(puppet).attempt());
                }),
                new Act("a watch on overlayfs", DumpActs::watch),
                new Act("a user space probe", stage -> {
                    Puppet puppet = stage.puppet();
                    SystemCalls.make(stage.puppet(), UPROBE.formatted(puppet.pid()));
                    Await.until("the probe in its memory", () -> new String(FileCalls.readAll("/proc/" + puppet.pid() + "/maps")).contains("[uprobes]"));
                    stage.fails("uprobes", "perf_event_open(2) of a probe at a function of its C library", stage.dump(puppet).attempt());
                }),
                new Act("processes that share memory or directory", DumpActs::shared),
                new Act("a debugger", DumpActs::traced),
                new Act("criu as a child of what it dumps", DumpActs::inside),
                new Act("a process that cannot stop", DumpActs::unstoppable),
                new Act("the dead", DumpActs::dead),
                new Act("rights that are missing", DumpActs::rights),
                new Act("an option that criu lacks", stage -> stage.fails("criu-option", "--skip-inflight, which is --skip-in-flight",
                        stage.dump(stage.puppet()).option("--skip-inflight").attempt())),
                new Act("a full file system", stage -> stage.fails("disk-full", "images on a tmpfs of 512 KiB",
                        RawCriu.dump(stage.scratch(), stage.puppet().pid(), stage.tmpfs("size=512k")).option("-R").attempt())));
    }

    private static void job(Stage stage) {
        Puppet leader = stage.puppet();
        stage.fails("not-a-session-leader", "a child of a session's leader", stage.dump(leader.child("c")).attempt());
        TestPty pty = stage.keep(new TestPty());
        Puppet shell = stage.keep(Puppet.in(stage.scratch()).descriptor(0, pty.slave()).descriptor(1, pty.slave()).descriptor(2, pty.slave())
                .controllingTerminal(0).start());
        stage.fails("terminal-at-dump", "a child of a session's leader, on its terminal", stage.dump(shell.child("c")).attempt());
        stage.fails("terminal-without-master", "a descriptor of a terminal whose master is outside", stage.dump(stage.puppet(pty.slave())).attempt());
    }

    private static void socketPair(Stage stage) {
        Puppet puppet = stage.puppet(stage.keep(TestSocketPair.stream()).theirs());
        stage.fails("unix-peer-outside", "one socket of a pair", stage.dump(puppet).attempt());
        stage.fails("unix-half-of-stream", "the same, with --ext-unix-sk", stage.dump(puppet).option("--ext-unix-sk").attempt());
    }

    private static String onlyShell(Stage stage) {
        String path = stage.directory();
        FileCalls.symlink("/bin/sh", path + "/sh");
        return path;
    }

    private static void deleted(Stage stage) {
        String file = stage.directory() + "/d";
        stage.fails("ghost-too-large", "a deleted file of 3 MB", stage.dump(stage.puppet(
                "f = os.open('" + file + "', os.O_RDWR | os.O_CREAT); os.write(f, b'x' * 3000000); os.unlink('" + file + "')")).attempt());
        stage.fails("link-remap", "a deleted file that has another name", stage.dump(stage.puppet(
                "f = os.open('" + file + "', os.O_RDWR | os.O_CREAT); os.link('" + file + "', '" + file + "2'); os.unlink('" + file + "')")).attempt());
    }

    private static void mounts(Stage stage) {
        String below = stage.tmpfs("");
        Puppet puppet = stage.puppet(opening(below));
        stage.keep(stage.mount(below, ""));
        stage.fails("file-under-mount", "a file under another mount", stage.dump(puppet).attempt());
        String gone = stage.directory();
        Stage.Mount mount = stage.mount(gone, "");
        Puppet other = stage.puppet(opening(gone));
        mount.close();
        stage.fails("file-of-foreign-mount", "a file of a mount that was detached", stage.dump(other).attempt());
    }

    private static String opening(String directory) {
        return "place(os.open('" + directory + "/f', os.O_RDWR | os.O_CREAT), 5)";
    }

    private static void container(Stage stage) {
        Program program = stage.keep(Program.with().nullStreams().start("unshare", "--mount", "--propagation", "private", "sh", "-c", CONTAINER, "sh",
                stage.directory()));
        Await.until("the program in the container", () -> ProcessStat.read(program.pid()).filter(stat -> stat.comm().equals("sleep")).isPresent());
        stage.fails("mount-from-outside", "a root of its own with bind mounts of the machine's directories",
                RawCriu.dump(stage.scratch(), program.pid(), stage.directory()).option("-R").attempt());
        String images = RawCriu.dump(stage.scratch(), program.pid(), stage.directory()).option("--external", "mnt[]:m").run().images();
        stage.fails("mount-namespace", "the same, dumped with --external 'mnt[]' and restored without", stage.restore(images).attempt());
    }

    private static void watch(Stage stage) {
        String directory = stage.tmpfs("");
        for (String name : List.of("lower", "upper", "work", "merged")) {
            FileCalls.mkdir(directory + "/" + name, 0700);
        }
        FileCalls.writeFile(directory + "/lower/f", new byte[1], 0600);
        Puppet puppet = stage.puppet();
        String merged = directory + "/merged";
        SystemCalls.make(puppet, SystemCalls.PYTHON + "L.mount(b'overlay', b'" + merged + "', b'overlay', 0, b'lowerdir=" + directory + "/lower,upperdir="
                + directory + "/upper,workdir=" + directory + "/work')\nf = L.inotify_init1(0); L.inotify_add_watch(f, b'" + merged + "/f', 2)");
        stage.keep(() -> ProcessCalls.umount2(merged, 0));
        stage.fails("watched-file-not-found", "inotify on a file of an overlayfs", stage.dump(puppet).attempt());
    }

    private static void shared(Stage stage) {
        Puppet memory = stage.puppet();
        SystemCalls.make(memory, SystemCalls.PYTHON + "S = ctypes.create_string_buffer(65536)\nlibc = ctypes.CDLL(None)\n"
                + "libc.clone.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]\n"
                + "libc.clone(ctypes.cast(libc.pause, ctypes.c_void_p), ctypes.addressof(S) + 65536 - 64, 0x100 | 17, None)");
        stage.fails("tasks-share", "a child made by clone(2) with CLONE_VM", stage.dump(memory).attempt());
        Puppet directory = stage.puppet();
        SystemCalls.make(directory, SystemCalls.PYTHON + "if L.syscall(56, 0x200 | 17, None, None, None, None) == 0: time.sleep(1000)");
        stage.fails("tasks-share", "a child made by clone(2) with CLONE_FS", stage.dump(directory).attempt());
    }

    private static void traced(Stage stage) {
        Puppet puppet = stage.puppet();
        Puppet child = puppet.child("c");
        Puppet debugger = stage.puppet();
        debugger.eval("import ctypes; ctypes.CDLL(None).ptrace(0x4206, " + child.pid() + ", 0, 0)");
        stage.fails("traced-or-not-allowed", "a child that a debugger has, by PTRACE_SEIZE", stage.dump(puppet).attempt());
        debugger.eval("ctypes.CDLL(None).ptrace(0x4206, " + puppet.pid() + ", 0, 0)");
        stage.fails("root-not-seized", "the root itself that a debugger has", stage.dump(puppet).attempt());
    }

    private static void inside(Stage stage) {
        Puppet puppet = stage.puppet();
        String work = stage.directory();
        String criu = CriuOnHost.path();
        String output = puppet.eval("import subprocess; subprocess.run(['" + criu + "', 'dump', '-t', str(os.getpid()), '-D', '" + work
                + "', '-o', 'log'], capture_output=True).returncode");
        stage.fails("criu-inside-tree", "the process dumps itself",
                new RawCriu.Outcome("dump", criu, Integer.parseInt(output), "", work, work));
    }

    /** The caller of vfork(2) waits in the kernel until its child has become another program, and this one waits for a writer of a FIFO. */
    private static void unstoppable(Stage stage) {
        String fifo = stage.directory() + "/fifo";
        FileCalls.mkfifo(fifo, 0600);
        Puppet puppet = stage.puppet();
        Puppet child = puppet.child("c");
        child.begin("os.posix_spawn('/bin/true', ['true'], {}, file_actions=[(os.POSIX_SPAWN_OPEN, 5, '" + fifo + "', os.O_RDONLY, 0)])");
        Await.until("a process in state D", () -> ProcessStat.read(child.pid()).filter(stat -> stat.state() == 'D').isPresent());
        stage.fails("freeze-timeout", "a process in state D, and --timeout 1", stage.dump(puppet).option("--timeout", "1").attempt());
        stage.open(fifo, OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC); // the writer that it waits for
        Await.until("its way on", () -> ProcessStat.read(child.pid()).filter(stat -> stat.state() != 'D').isPresent());
    }

    private static void dead(Stage stage) {
        Puppet puppet = stage.puppet();
        int child = Integer.parseInt(puppet.eval(SystemCalls.PYTHON + "p = os.fork()\nif p == 0:\n  import _thread\n  started = _thread.allocate_lock()\n"
                + "  started.acquire()\n  _thread.start_new_thread(lambda: (started.release(), time.sleep(1000)), ())\n  started.acquire()\n"
                + "  L.syscall(60, 0)\np"));
        Await.until("a zombie", () -> ProcessStat.read(child).filter(ProcessStat::isZombie).isPresent());
        stage.fails("zombies", "a process whose first thread has ended, and another has not", stage.dump(puppet).attempt());
        Puppet other = stage.puppet();
        Puppet zombie = other.child("z");
        zombie.eval("leave(0)");
        Await.until("a zombie", () -> ProcessStat.read(zombie.pid()).filter(ProcessStat::isZombie).isPresent());
        stage.fails("root-not-seized", "a zombie as the root", stage.dump(zombie).attempt());
    }

    private static void rights(Stage stage) {
        Puppet puppet = stage.puppet();
        stage.fails("capabilities", "criu run as uid 65534", stage.dump(puppet)
                .through("setpriv", "--reuid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all").attempt());
        stage.fails("capabilities", "criu run as root without CAP_SYS_ADMIN", stage.dump(puppet).through(NO_SYS_ADMIN.toArray(String[]::new)).attempt());
        puppet.eval("r, w = os.pipe(); p = os.fork()\nif p == 0:\n  os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)\n"
                + "  os.close(r); os.close(w); time.sleep(1000)\nos.close(w); os.read(r, 1); os.close(r)");
        stage.fails("foreign-rlimit", "a process of another user, and a criu without CAP_SYS_RESOURCE", stage.dump(puppet)
                .through("setpriv", "--bounding-set=-sys_resource", "--inh-caps=-sys_resource").attempt());
        Puppet filtered = stage.puppet();
        SystemCalls.make(filtered, SystemCalls.PYTHON + "code = ctypes.create_string_buffer(struct.pack('<HBBI', 6, 0, 0, 0x7fff0000))\n"
                + "filter = ctypes.create_string_buffer(struct.pack('<HxxxxxxQ', 1, ctypes.addressof(code)))\nL.prctl(38, 1, 0, 0, 0); L.prctl(22, 2, filter, 0, 0)");
        stage.fails("seccomp", "a system call filter, dumped by a criu without CAP_SYS_ADMIN",
                stage.dump(filtered).option("--unprivileged").through(NO_SYS_ADMIN.toArray(String[]::new)).attempt());
        String images = stage.dumped(filtered);
        stage.fails("seccomp", "a system call filter, restored by a criu without CAP_SYS_ADMIN",
                stage.restore(images, "--unprivileged").through(NO_SYS_ADMIN.toArray(String[]::new)).attempt());
    }
}
