package dev.thaw.it.rehearse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.checkpoint.DumpOptions;
import dev.thaw.fdbroker.Source;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.ImagesDirectory;
import dev.thaw.image.TaskImage;
import dev.thaw.it.Await;
import dev.thaw.it.Bytes;
import dev.thaw.it.Checkout;
import dev.thaw.it.Dumps;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.Program;
import dev.thaw.it.Puppet;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresTool;
import dev.thaw.it.Scratch;
import dev.thaw.it.TestPty;
import dev.thaw.it.TestSocketPair;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.living.LivingReader;
import dev.thaw.living.LivingSnapshot;
import dev.thaw.living.LivingTree;
import dev.thaw.living.Standstill;
import dev.thaw.plan.CgroupChoice;
import dev.thaw.plan.CgroupFiles;
import dev.thaw.plan.Handover;
import dev.thaw.plan.PlanResult;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.plan.RestorePlan;
import dev.thaw.plan.RestorePlanner;
import dev.thaw.plan.Rule;
import dev.thaw.plan.Selector;
import dev.thaw.plan.Use;
import dev.thaw.restore.WorldReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/** The snapshot that is made of a living tree leads to the same plan as the one that is read from criu's images of the same tree. */
@IntegrationTest
@RequiresCriu
class LivingSnapshotIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    @Test
    void files_and_directories(Scratch scratch) {
        String log = scratch.path("log");
        try (Puppet puppet = Puppet.in(scratch).nullStreams().start()) {
            puppet.eval("a = os.open('" + log + "', os.O_WRONLY | os.O_CREAT | os.O_APPEND); os.write(a, b'12345')");
            puppet.eval("b = os.open('" + log + "', os.O_RDWR); os.lseek(b, 3, 0); c = os.dup(b)");
            puppet.eval("d = os.open('/', os.O_RDONLY | os.O_DIRECTORY); e = os.open('" + scratch.path() + "', os.O_PATH); g = os.open('/dev/zero', os.O_RDWR)");
            puppet.eval("f = os.open('" + scratch.path("ghost") + "', os.O_RDWR | os.O_CREAT); os.write(f, b'xyz'); os.unlink('" + scratch.path("ghost") + "')");
            puppet.eval("h = os.open('/proc/self/status', 0); i = os.open(os.getcwd(), 0); fcntl.flock(b, 2)");
            Puppet child = puppet.child("child");
            child.eval("os.close(a); j = os.open('" + log + "', os.O_RDWR)");
            puppet.child("sharing", "share_table=True");
            assertSamePlans(scratch, puppet.pid(), () -> FileCalls.writeFile(log, "more".getBytes(), 0600), "/**", "fd:" + puppet.eval("b"));
        }
    }

    @Test
    void pipes_sockets_and_anonymous_ones(Scratch scratch) {
        try (FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                FdCalls.Pipe in = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Puppet puppet = Puppet.in(scratch).descriptor(0, in.reader().number()).descriptor(1, out.writer().number()).descriptor(2, out.writer().number()).start()) {
            FileCalls.writeFully(in.writer().number(), "unread".getBytes());
            puppet.eval("r, w = os.pipe(); os.write(w, b'abc'); s, t = socket.socketpair(); s.send(b'q'); u = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)");
            puppet.eval("v = socket.socket(socket.AF_UNIX); v.bind('" + scratch.path("server") + "'); v.listen()");
            puppet.eval("x = socket.socket(); x.bind(('127.0.0.1', 0)); x.listen(); y = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)");
            puppet.eval("z = socket.socketpair(); z[1].close()");
            puppet.eval("p = select.epoll(); p.register(r); m = memfd('cache', 'hello'); n = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)");
            puppet.eval("os.mkfifo('" + scratch.path("fifo") + "'); f = os.open('" + scratch.path("fifo") + "', os.O_RDWR | os.O_NONBLOCK); os.write(f, b'in it')");
            puppet.eval("q = os.pidfd_open(os.getpid()); M = mmap.mmap(m, 5)");
            Puppet child = puppet.child("child", "session=True");
            child.eval("os.close(w); os.close(1); t.close()");
            String key = "pipe:[" + FileCalls.fstat(in.reader().number()).inode() + "]";
            assertSamePlans(scratch, puppet.pid(), () -> { }, key, "fd:" + puppet.eval("r"), "fd:" + puppet.eval("s.fileno()"), "fd:" + puppet.eval("x.fileno()"),
                    "fd:" + puppet.eval("m"), "fd:" + puppet.eval("f"), "fd:" + puppet.eval("v.fileno()"));
        }
    }

    @Test
    void a_terminal_and_a_socket_to_the_outside(Scratch scratch) {
        try (TestPty pty = new TestPty();
                TestSocketPair pair = TestSocketPair.stream();
                Puppet puppet = Puppet.in(scratch).descriptor(0, pty.slave()).descriptor(1, pty.slave()).descriptor(2, pty.slave()).descriptor(5, pair.theirs()).start()) {
            puppet.eval("a = pty_pair()");
            assertSamePlans(scratch, puppet.pid(), () -> { }, "fd:1", "fd:5");
        }
    }

    @Test
    void a_shell_pipeline_whose_log_is_rotated(Scratch scratch) {
        String log = scratch.path("log");
        String counted = scratch.path("counted");
        try (Program shell = Program.with().nullStreams().start("/bin/sh", "-c",
                "exec 7>>" + log + "; i=0; while :; do i=$((i+1)); echo $i >&7; echo $i; sleep .02; done | tee " + counted + " >/dev/null")) {
            Await.until("three lines", () -> FileCalls.statIfExists(counted).filter(status -> status.size() > 5).isPresent());
            assertSamePlans(scratch, shell.pid(), () -> {
                FileCalls.rename(log, log + ".1");
                FileCalls.writeFile(log, new byte[0], 0600);
            }, log, "/dev/null");
        }
    }

    @Test
    void a_jvm(Scratch scratch) {
        String classes = scratch.directory("classes");
        assertEquals(0, ToolProvider.getSystemJavaCompiler().run(null, null, null, "-d", classes, Checkout.sample("http-server/HttpServer.java")));
        try (FdCalls.Pipe out = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
                Program jvm = Program.with().descriptor(1, out.writer().number()).nullStreams().start(System.getProperty("java.home") + "/bin/java", "-XX:-UsePerfData",
                        "-XX:+UseSerialGC", "-Xmx64m", "-cp", classes, "HttpServer", "0")) {
            Bytes.readUntil(out.reader().number(), "\n");
            assertSamePlans(scratch, jvm.pid(), () -> { }, "/**/modules", "fd:1");
        }
    }

    @Test
    @RequiresTool("redis-server")
    void redis(Scratch scratch) {
        String socket = scratch.path("redis.sock");
        try (Program redis = Program.with().nullStreams().start("/usr/bin/redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", scratch.path())) {
            Await.until("a socket", () -> FileCalls.statIfExists(socket).isPresent());
            assertSamePlans(scratch, redis.pid(), () -> { }, "fd:1");
        }
    }

    /**
     * @param change of the world between dump and plan
     * @param keys each is mapped to /dev/null, one at a time
     */
    private static void assertSamePlans(Scratch scratch, int root, Runnable change, String... keys) {
        ImageSnapshot living;
        LivingTree tree;
        DumpOptions options = new DumpOptions(false, Optional.empty(), DumpOptions.NetworkLock.SKIP, DumpOptions.Intruders.FAIL, List.of());
        try (Standstill still = Standstill.of(root, LIMIT)) {
            tree = LivingReader.read(root, still.stoppedBefore(), options);
            living = LivingSnapshot.of(tree);
            ImageSnapshot dumped = ImagesDirectory.read(Dumps.of(scratch, root).run().generation().directory());
            change.run();
            assertEquals(dumped.tasks().stream().map(TaskImage::pid).toList(), living.tasks().stream().map(TaskImage::pid).toList());
            CgroupFiles.View cgroups = new CgroupFiles.View(tree.scan().cgroups(),
                    tree.scan().mounts().stream().filter(mount -> mount.fsType().startsWith("cgroup")).toList());
            for (RestoreOptions asked : options(keys)) {
                List<String> expected = plan(dumped, cgroups, asked);
                assertEquals(String.join("\n", expected), String.join("\n", plan(living, cgroups, asked)), () -> asked.rules().toString());
                assertFalse(expected.isEmpty());
            }
        }
    }

    private static List<RestoreOptions> options(String... keys) {
        List<RestoreOptions> all = new ArrayList<>(List.of(RestoreOptions.automatic()));
        for (String key : keys) {
            Rule rule = new Rule(Selector.parse(key), new Rule.Action.From(new Source.Null(), Rule.Missing.ERROR), "the test", false);
            all.add(new RestoreOptions(Map.of(), List.of(rule), new CgroupChoice.Own(), true, Set.of()));
        }
        return all;
    }

    private static List<String> plan(ImageSnapshot image, CgroupFiles.View cgroups, RestoreOptions options) {
        Optional<CgroupFiles.View> recorded = Optional.of(cgroups);
        PlanResult result = RestorePlanner.plan(image, recorded, WorldReader.read(image, recorded, WorldReader.ownCgroups(), options, Set.of(), Optional.empty()), options);
        if (result instanceof PlanResult.Rejected rejected) {
            return rejected.problems().stream().map(problem -> problem.what() + " | " + problem.because() + " | " + problem.tries()).toList();
        }
        RestorePlan plan = ((PlanResult.Ready) result).plan();
        assertTrue(plan.handovers().stream().noneMatch(handover -> handover.uses().isEmpty()));
        List<String> lines = new ArrayList<>();
        lines.add(plan.rootPid() + " " + plan.criu() + " " + plan.cgroups() + " " + plan.numbers());
        plan.handovers().forEach(handover -> lines.add(text(handover)));
        plan.left().forEach(left -> lines.add("left: " + text(left.uses()) + " " + left.what() + ": " + left.because()));
        plan.overlay().ifPresent(overlay -> lines.add("overlay: " + overlay.files().added().size() + " added, tables " + overlay.tables().size()));
        plan.notes().forEach(note -> lines.add("note: " + note));
        return lines;
    }

    /** Entries that thaw makes of its own are named after their number, which is another one in each image. */
    private static String text(Handover handover) {
        String key = handover.key().replaceFirst("thaw-handover/[0-9]+", "thaw-handover/N");
        return String.join(" ", Stream.of(handover.number(), key, handover.way(), text(handover.uses()), handover.what(), handover.opening().text(),
                OpenFlags.describe(handover.flags()), new String(handover.replay().content()), handover.rule(), handover.because()).map(Object::toString).toList());
    }

    private static String text(List<Use> uses) {
        return uses.stream().map(use -> use.kind() + " " + use.pids() + " " + use.fd()).toList().toString();
    }
}
