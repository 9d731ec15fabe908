package dev.thaw.it.explain;

import dev.thaw.image.ImageEdit;
import dev.thaw.it.Children;
import dev.thaw.it.FdEntry;
import dev.thaw.it.Puppet;
import dev.thaw.it.RawCriu;
import dev.thaw.it.SystemCalls;
import dev.thaw.it.TestCgroup;
import dev.thaw.it.TestPty;
import dev.thaw.it.TestSocketPair;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.SocketCalls;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a restore by criu alone does not get over. */
final class RestoreActs {
    private static final int NOBODYS_ADDRESS = 0x010200c0; // 192.0.2.1 as it lies in memory

    private RestoreActs() {}

    static List<Act> all() {
        return List.of(
                new Act("numbers that are taken", RestoreActs::numbers),
                new Act("a job without its terminal", RestoreActs::job),
                new Act("a shell job restored as none", RestoreActs::forgotten),
                new Act("a pseudo-terminal whose number is taken", RestoreActs::terminalIndex),
                new Act("sockets without their other end", RestoreActs::unixSockets),
                new Act("TCP", RestoreActs::tcp),
                new Act("files that have changed", RestoreActs::files),
                new Act("an external file", RestoreActs::externalFile),
                new Act("a deleted file, restored twice", RestoreActs::deleted),
                new Act("descriptors handed over by hand", RestoreActs::inherited),
                new Act("a mapped file handed over", RestoreActs::mapped),
                new Act("cgroups", RestoreActs::cgroups),
                new Act("images of another machine, or damaged", RestoreActs::images),
                new Act("images of sockets and children, changed", RestoreActs::changedImages),
                new Act("images of another processor", RestoreActs::processor),
                new Act("restores that succeed", RestoreActs::successes));
    }

    private static void numbers(Stage stage) {
        Puppet puppet = stage.puppet("import _thread; _thread.start_new_thread(time.sleep, (1000,))");
        int thread = FileCalls.list("/proc/" + puppet.pid() + "/task").stream().map(Integer::valueOf).filter(id -> id != puppet.pid()).findFirst()
                .orElseThrow();
        RawCriu.Outcome dump = stage.dump(puppet).run();
        stage.fails("pid-taken", "restored while the process still runs", stage.restore(dump.images()).attempt());
        Children.killTrees(List.of(puppet.pid()));
        SystemCalls.make(stage.puppet(), SystemCalls.PYTHON + "wanted = ctypes.c_int(" + thread + ")\nif L.syscall(435, ctypes.create_string_buffer("
                + "struct.pack('<11Q', 0, 0, 0, 0, 17, 0, 0, 0, ctypes.addressof(wanted), 1, 0)), 88) == 0: time.sleep(1000)");
        stage.fails("thread-id-taken", "a process with the number of one of its threads", stage.restore(dump.images()).attempt());
    }

    /** A child of a shell, dumped as a shell job and gone. */
    private static String shellJob(Stage stage, Puppet shell) {
        Puppet child = shell.child("c");
        String images = stage.dump(child).option("--shell-job").run().images();
        shell.eval("os.kill(" + child.pid() + ", 9); os.waitpid(" + child.pid() + ", 0)");
        return images;
    }

    private static void job(Stage stage) {
        TestPty pty = stage.keep(new TestPty());
        Puppet shell = stage.keep(Puppet.in(stage.scratch()).descriptor(0, pty.slave()).descriptor(1, pty.slave()).descriptor(2, pty.slave())
                .controllingTerminal(0).start());
        String key = FdEntry.of(shell.pid(), 0).key();
        String images = shellJob(stage, shell);
        TestPty other = stage.keep(new TestPty());
        stage.fails("no-terminal-to-inherit", "a shell job, restored with /dev/null for standard input",
                stage.restore(images, "--shell-job").attempt());
        stage.fails("terminal-not-controlling", "a shell job, restored on a terminal that is not criu's controlling one",
                stage.restore(images, "--shell-job").standardInput(other.slave()).attempt());
        stage.fails("terminal-session-missing", "a terminal handed over by --inherit-fd to a job whose session is gone",
                stage.restore(images, "--shell-job").inherit(other.slave(), key).attempt());
        stage.fails("stdin-not-kept", "the terminal handed over as fd[0]",
                stage.restore(images, "--shell-job", "--inherit-fd", "fd[0]:" + key).standardInput(other.slave()).attempt());
    }

    private static void forgotten(Stage stage) {
        Puppet shell = stage.puppet();
        String images = shellJob(stage, shell);
        Children.killTrees(List.of(shell.pid()));
        stage.hangs("shell-job-forgotten", "dumped with --shell-job, restored without, when its session is gone", "pgid", stage.restore(images));
    }

    private static void terminalIndex(Stage stage) {
        Puppet puppet = stage.puppet("T = os.openpty()");
        String name = puppet.eval("os.ttyname(T[1])");
        String images = stage.dumped(puppet);
        TestPty taker;
        do {
            taker = stage.keep(new TestPty()); // the kernel gives the lowest free number
        } while (!taker.slavePath().equals(name));
        stage.fails("pseudo-terminal-index", "both sides of a pseudo-terminal whose number another has meanwhile", stage.restore(images).attempt());
    }

    private static void unixSockets(Stage stage) {
        TestSocketPair pair = stage.keep(TestSocketPair.stream());
        Puppet puppet = stage.puppet(pair.theirs());
        stage.fails("unix-external-without-source", "a socket that was external at the dump",
                stage.restore(stage.dumped(puppet, "--external", puppet.fd(7).external(puppet.pid()))).attempt());

        String server = stage.directory() + "/server";
        Puppet listening = stage.puppet("s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind('" + server + "')");
        Puppet client = stage.puppet("s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect('" + server + "')");
        String connected = stage.dumped(client, "--ext-unix-sk");
        listening.eval("s.close()");
        FileCalls.unlink(server);
        stage.fails("unix-server-absent", "a client whose server has gone", stage.restore(connected, "--ext-unix-sk").attempt());

        TestSocketPair datagram = stage.keep(TestSocketPair.datagram());
        Puppet sender = stage.puppet(datagram.theirs());
        String key = sender.fd(7).key();
        String images = stage.dumped(sender, "--external", sender.fd(7).external(sender.pid()));
        stage.hangs("unix-socket-inherited", "a datagram socket handed over by --inherit-fd", "Opening standalone (stage",
                stage.restore(images).inherit(stage.keep(TestSocketPair.datagram()).theirs(), key));
    }

    private static void tcp(Stage stage) {
        String[] established = {"--tcp-established", "--network-lock", "skip"};
        String closed = stage.dumped(stage.puppet(DumpActs.TCP), "--tcp-close", "--network-lock", "skip");
        stage.fails("option-not-repeated", "dumped with --tcp-close, restored without", stage.restore(closed).attempt());
        Puppet puppet = stage.puppet(DumpActs.TCP + "; s.close()");
        String images = stage.dumped(puppet, established);
        stage.fails("option-not-repeated", "dumped with --tcp-established, restored without", stage.restore(images).attempt());
        String moved = stage.copy(images);
        ImageEdit.change(moved + "/files.img", old -> NOBODYS_ADDRESS, 4, 11);
        stage.fails("tcp-address", "a connection of an address that this machine does not have (image changed)", stage.restore(moved, established).attempt());
        moved = stage.copy(images);
        ImageEdit.change(moved + "/files.img", old -> NOBODYS_ADDRESS, 4, 12);
        RawCriu.Outcome failed = stage.restore(moved, established).attempt();
        stage.fails("tcp-peer-gone", "a connection to another machine, from the loopback address (image changed)", failed);
        stage.hints("network-left-locked", "the same", failed);

        Puppet server = stage.puppet("s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()");
        int port = Integer.parseInt(server.eval("s.getsockname()[1]"));
        String listening = stage.dumped(server);
        stage.keep(SocketCalls.listenTcp("127.0.0.1", port, 1));
        stage.fails("tcp-address", "a listener whose port another has meanwhile", stage.restore(listening).attempt());
        ImageEdit.change(listening + "/files.img", old -> NOBODYS_ADDRESS, 4, 11);
        stage.fails("tcp-address", "a listener on an address that this machine does not have (image changed)", stage.restore(listening).attempt());
    }

    private static void files(Stage stage) throws IOException {
        String directory = stage.directory();
        Path file = Path.of(directory, "file");
        Path program = Path.of(directory, "program");
        Files.writeString(file, "four");
        FileCalls.chmod(file.toString(), 0644);
        Files.copy(Path.of("/bin/true"), program);
        Puppet puppet = stage.puppet("place(os.open('" + file + "', os.O_RDWR), 5); place(os.open('" + program + "', 0), 6); M = mmap.mmap(6, 4096, 2, 1)");
        String images = stage.dumped(puppet);
        byte[] content = Files.readAllBytes(program);
        byte[] changed = content.clone();
        changed[buildId(changed)] ^= 1;
        Files.write(program, changed);
        stage.fails("file-build-id", "a program whose build ID has changed", stage.restore(images).attempt());
        Files.write(program, content);
        FileCalls.chmod(file.toString(), 0600);
        stage.fails("file-mode", "a file after chmod", stage.restore(images).attempt());
        FileCalls.chmod(file.toString(), 0644);
        Files.writeString(file, "four and more");
        stage.fails("file-size", "a file that has grown", stage.restore(images).attempt());
        Files.delete(file);
        stage.fails("file-gone", "a file that was removed", stage.restore(images).attempt());
    }

    /** The first byte of the build ID in an ELF file: after the note's sizes, type 3, and name. */
    private static int buildId(byte[] elf) {
        byte[] head = ByteBuffer.allocate(16).order(java.nio.ByteOrder.LITTLE_ENDIAN).putInt(4).putInt(20).putInt(3).put("GNU\0".getBytes(StandardCharsets.US_ASCII))
                .array();
        for (int at = 0; at + head.length < elf.length; at++) {
            if (java.util.Arrays.equals(elf, at, at + head.length, head, 0, head.length)) {
                return at + head.length;
            }
        }
        throw new AssertionError("/bin/true has no build ID");
    }

    private static void externalFile(Stage stage) {
        Puppet puppet = stage.puppet("place(os.open('" + stage.directory() + "/f', os.O_RDWR | os.O_CREAT), 5)");
        stage.fails("external-file-without-source", "a file that was external at the dump",
                stage.restore(stage.dumped(puppet, "--external", puppet.fd(5).external(puppet.pid()))).attempt());
    }

    private static void deleted(Stage stage) throws Exception {
        String file = stage.directory() + "/d";
        Puppet puppet = stage.puppet("f = os.open('" + file + "', os.O_RDWR | os.O_CREAT); os.link('" + file + "', '" + file + "2'); os.unlink('" + file + "')");
        String images = stage.dumped(puppet, "--link-remap");
        for (String name : FileCalls.list(Path.of(file).getParent().toString())) {
            if (name.startsWith("link_remap")) {
                FileCalls.unlink(Path.of(file).resolveSibling(name).toString());
            }
        }
        stage.fails("remap-not-restorable", "criu's link_remap file is gone, as after an earlier restore", stage.restore(images).attempt());
    }

    private static void inherited(Stage stage) throws IOException {
        String file = stage.scratch().file("a", "x");
        String other = stage.scratch().file("b", "x");
        Puppet puppet = stage.puppet("place(os.open('" + file + "', 2), 5); place(os.open('" + other + "', 2), 6); r, w = os.pipe(); place(r, 10); place(w, 11)");
        String pipe = puppet.fd(10).key();
        String images = stage.dumped(puppet);
        stage.fails("inherit-fd-closed", "--inherit-fd with a number that is not open", stage.restore(images, "--inherit-fd", "fd[177]:x").attempt());
        stage.fails("inherit-fd-syntax", "--inherit-fd 77:x", stage.restore(images, "--inherit-fd", "77:x").attempt());
        OwnedFd ours = stage.open(file, OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC);
        stage.fails("inherit-fd-used-twice", "one descriptor for two keys",
                stage.restore(images).inherit(ours.number(), file.substring(1)).option("--inherit-fd", "fd[100]:" + other.substring(1)).attempt());
        stage.fails("socket-for-a-pipe", "a socket for the key of a pipe",
                stage.restore(images).inherit(stage.keep(TestSocketPair.stream()).theirs(), pipe).attempt());
        stage.fails("pid-file-exists", "a pid file that is there", stage.restore(images, "--pidfile", stage.scratch().file("pid", "1\n")).attempt());
        stage.fails("action-script", "an action script that fails", stage.restore(images, "--action-script", "/bin/false").attempt());
    }

    private static void mapped(Stage stage) throws IOException {
        String file = stage.scratch().file("m", "x".repeat(8192));
        Puppet puppet = stage.puppet("f = os.open('" + file + "', 2); M = mmap.mmap(f, 8192)");
        stage.fails("mapping", "a descriptor without read access for a file that is mapped too",
                stage.restore(stage.dumped(puppet)).inherit(stage.open(file, OpenFlags.O_WRONLY | OpenFlags.O_CLOEXEC).number(), file.substring(1)).attempt());
    }

    private static void cgroups(Stage stage) {
        TestCgroup cgroup = stage.keep(TestCgroup.v2());
        Puppet puppet = stage.puppet();
        cgroup.add(puppet.pid());
        String images = stage.dumped(puppet, "--manage-cgroups=soft");
        stage.fails("cgroups", "--manage-cgroups=strict, and the cgroup is there", stage.restore(images, "--manage-cgroups=strict").attempt());
        cgroup.vanish();
        stage.fails("cgroups", "--manage-cgroups=none, and the cgroup is gone", stage.restore(images, "--manage-cgroups=none").attempt());
    }

    private static void images(Stage stage) {
        Puppet puppet = stage.puppet();
        String images = stage.dumped(puppet);
        String core = "/core-" + puppet.pid() + ".img";
        stage.fails("image-of-another-world", "a version of the images that is to come", changed(stage, images, "/inventory.img", 9, 1));
        stage.fails("image-of-another-world", "a core file of another architecture", changed(stage, images, core, 3, 1));
        stage.fails("image-of-another-world", "a kind of file that is to come", changed(stage, images, "/files.img", 77, 1));
        stage.fails("option-not-repeated", "an image dumped with --allow-uprobes", changed(stage, images, "/inventory.img", 1, 14));
        stage.fails("security-module", "--lsm-profile apparmor:x where AppArmor is not there, and an image with another module",
                lsm(stage, images));
        String without = stage.copy(images);
        FileCalls.unlink(without + "/mm-" + puppet.pid() + ".img");
        stage.fails("killed-by-fault", "mm-PID.img is missing", stage.restore(without).attempt());
        stage.fails("images-missing", "an empty directory", stage.restore(stage.directory()).attempt());
        String cut = stage.copy(images);
        byte[] tree = FileCalls.readAll(cut + "/pstree.img");
        FileCalls.unlink(cut + "/pstree.img");
        FileCalls.writeFile(cut + "/pstree.img", java.util.Arrays.copyOf(tree, 12), 0600);
        stage.fails("images-damaged", "pstree.img is cut off", stage.restore(cut).attempt());
        FileCalls.writeFile(cut + "/pstree.img", new byte[20], 0600);
        stage.fails("images-damaged", "zeroes in pstree.img", stage.restore(cut).attempt());
        String noIds = stage.copy(images);
        FileCalls.unlink(noIds + "/ids-" + puppet.pid() + ".img");
        stage.fails("images-damaged", "ids-PID.img is missing", stage.restore(noIds).attempt());
        String noVdso = stage.copy(images);
        ImageEdit.change(noVdso + "/mm-" + puppet.pid() + ".img", status -> status & ~(1L << 3), 14, 7);
        stage.fails("vdso-size", "memory without the kernel's own page (image changed)", stage.restore(noVdso).attempt());
    }

    private static RawCriu.Outcome changed(Stage stage, String images, String file, long value, int... path) {
        String copy = stage.copy(images);
        ImageEdit.change(copy + file, old -> value, path);
        return stage.restore(copy).attempt();
    }

    /** 2 is AppArmor, 1 SELinux. */
    private static RawCriu.Outcome lsm(Stage stage, String images) {
        String copy = stage.copy(images);
        ImageEdit.change(copy + "/inventory.img", old -> 1, 6);
        return stage.restore(copy, "--lsm-profile", "apparmor:x").attempt();
    }

    private static void changedImages(Stage stage) {
        Puppet puppet = stage.puppet("S = socket.socketpair()");
        String pair = stage.dumped(puppet);
        ImageEdit.change(pair + "/files.img", old -> 424242, 16, 8);
        stage.fails("unix-peer-unresolved", "a socket whose peer is not in the image (image changed)", stage.restore(pair).attempt());
        Puppet parent = stage.puppet();
        Puppet child = parent.child("c");
        String images = stage.dumped(parent);
        ImageEdit.change(images + "/ids-" + child.pid() + ".img", old -> 99, 8);
        stage.fails("nested-namespace-in-image", "a child with a UTS namespace of its own (image changed)", stage.restore(images).attempt());
    }

    private static void processor(Stage stage) {
        String images = stage.dumped(stage.puppet(), "--cpu-cap=cpu");
        ImageEdit.change(images + "/cpuinfo.img", size -> 2 * size, 1, 9);
        stage.fails("processor-differs", "a processor with larger registers (image changed)", stage.restore(images, "--cpu-cap=cpu").attempt());
    }

    private static void successes(Stage stage) {
        Puppet puppet = stage.puppet();
        String images = stage.dumped(puppet);
        stage.hints("nothing-handed-over", "--inherit-fd with a key that fits nothing",
                stage.restore(images).inherit(stage.open("/dev/null", OpenFlags.O_RDWR | OpenFlags.O_CLOEXEC).number(), "/no/such/file").run());
        Puppet dying = stage.puppet("import ctypes; ctypes.CDLL(None).prctl(1, 10, 0, 0, 0)");
        stage.hints("signal-after-restore", "prctl(PR_SET_PDEATHSIG)", stage.restore(stage.dumped(dying)).run());
    }
}
