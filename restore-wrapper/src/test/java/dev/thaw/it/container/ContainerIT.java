package dev.thaw.it.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.it.Await;
import dev.thaw.it.Bytes;
import dev.thaw.it.Checkout;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.RequiresCriu;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.RequiresTool;
import dev.thaw.it.Scratch;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.PosixSpawn;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.WaitStatus;
import dev.thaw.linux.proc.MountInfo;
import dev.thaw.linux.proc.ProcessTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * thaw as process 1 of a container, made with unshare: read-only root, with a cgroup namespace and without, other mounts in the next one, no service
 * manager, a volume for the image.
 */
@IntegrationTest
@RequiresCriu
@RequiresRoot
@RequiresTool({"unshare", "nsenter"})
@Timeout(120)
class ContainerIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String LIMIT_FILE = "cgroup.max.descendants";

    @ParameterizedTest(name = "with a cgroup namespace: {0}")
    @ValueSource(booleans = {true, false})
    void an_application_moves_from_one_container_to_another(boolean cgroupNamespace, Scratch scratch) {
        scratch.directory("volume");
        FileCalls.chmod(scratch.path("volume"), 0700);
        int last;
        try (Container first = Container.start(scratch, "first", "111", cgroupNamespace, List.of("run", "--name", "app", "--pid-floor", "2000", "--",
                Checkout.python(), "-c", LimitTeller.SCRIPT))) {
            String line = first.readLine();
            assertEquals("beat 1 limit 111", line);
            first.inside("checkpoint", "--name", "app", "/mnt/image");
            assertEquals(128 + Signals.SIGKILL, first.awaitEnd(), "process 1 ends as its application did: by criu");
            last = LimitTeller.beat(first.lastLine());
        }
        try (Container second = Container.start(scratch, "second", "222", cgroupNamespace, List.of("restore", "/mnt/image"))) {
            String line = second.readLine();
            assertEquals("beat " + (last + 1) + " limit 222", line, "no line lost, and the new container's limit");
            Await.until("standard error", () -> !LimitTeller.told(scratch.read("second.err")).isEmpty());
            second.signal(Signals.SIGTERM);
            assertEquals(128 + Signals.SIGTERM, second.awaitEnd());
        }
        LimitTeller.assertAllTold(scratch.read("first.err"), scratch.read("second.err"));
    }

    @Test
    void process_1_reaps_what_its_application_leaves_behind(Scratch scratch) {
        scratch.directory("volume");
        try (Container container = Container.start(scratch, "reaps", "10", true, List.of("run", "--", "/bin/sh", "-c",
                "(sleep 0.2 & exec sleep 0.1) & sleep 1; i=0; while grep -q '^State:.Z' /proc/[0-9]*/status && [ $i -lt 200 ]; do "
                        + "i=$((i + 1)); sleep 0.1; done; ls -d /proc/[0-9]*/exe | wc -l; grep -l '^State:.Z' /proc/[0-9]*/status; exit 5"))) {
            container.readLine();
            assertEquals(5, container.awaitEnd());
            assertEquals(1, container.lines().size(), "no zombie is left: " + container.lines());
        }
    }

    /** One container; what its process 1 prints comes through a pipe. */
    private static final class Container implements AutoCloseable {
        private final Scratch scratch;
        private final String name;
        private final String cgroup;
        private final OwnedFd output;
        private final int unshare;
        private final StringBuilder text = new StringBuilder();
        private Optional<Integer> code = Optional.empty();

        private Container(Scratch scratch, String name, String cgroup, OwnedFd output, int unshare) {
            this.scratch = scratch;
            this.name = name;
            this.cgroup = cgroup;
            this.output = output;
            this.unshare = unshare;
        }

        static Container start(Scratch scratch, String name, String limit, boolean cgroupNamespace, List<String> thaw) {
            String tree = MountInfo.read(ProcessCalls.getpid()).stream().filter(mount -> mount.fsType().equals("cgroup2")).findFirst()
                    .orElseThrow().mountPoint();
            String cgroup = tree + "/thaw-it-container-" + ProcessCalls.getpid() + "-" + name;
            FileCalls.mkdir(cgroup, 0755);
            FileCalls.writeFile(cgroup + "/" + LIMIT_FILE, limit.getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0644);
            List<String> argv = new ArrayList<>(List.of("/bin/bash", "-c", "echo $$ >\"$0/cgroup.procs\" && exec unshare --fork --pid "
                    + "--mount --uts --ipc " + (cgroupNamespace ? "--cgroup" : "") + " \"$@\"", cgroup, "/usr/bin/env",
                    "MORE=" + (name.equals("second") ? "/srv /media" : ""),
                    Checkout.root().resolve("restore-wrapper/src/test/resources/container/enter").toString(), scratch.path("volume"),
                    Checkout.root().toString(), Checkout.root() + "/thaw"));
            argv.addAll(thaw);
            try (FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC)) {
                int pid = spawn(scratch, argv, name, pipe.writer().number());
                return new Container(scratch, name, cgroup, OwnedFd.of(pipe.reader().release()), pid);
            }
        }

        private static int spawn(Scratch scratch, List<String> argv, String name, int stdout) {
            int flags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND;
            try (OwnedFd nothing = FileCalls.open("/dev/null", OpenFlags.O_RDWR);
                    OwnedFd said = FileCalls.open(scratch.path(name + ".err"), flags, 0600)) {
                return PosixSpawn.spawn(new PosixSpawn.Request(argv.get(0), argv, ProcessCalls.environment(),
                        new TreeMap<>(Map.of(0, nothing.number(), 1, stdout, 2, said.number())), PosixSpawn.Session.NEW_SESSION,
                        Optional.empty(), true, Set.of(), OptionalLong.empty()));
            }
        }

        /**
         * A thaw command inside, beside process 1; it has to succeed. One that ends the application ends process 1 as well, and the kernel
         * then all others of the container, that command included: its image is complete by then.
         */
        void inside(String... arguments) {
            List<String> argv = new ArrayList<>(List.of("/usr/bin/nsenter", "-t", Integer.toString(first()), "-p", "-m", "-u", "-i", "-C",
                    "/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "THAW_NO_BUILD=1", Checkout.root() + "/thaw"));
            argv.addAll(List.of(arguments));
            try (OwnedFd nothing = FileCalls.open("/dev/null", OpenFlags.O_RDWR)) {
                int pid = spawn(scratch, argv, name, nothing.number());
                Optional<WaitStatus> status = ProcessCalls.waitPid(pid, LIMIT);
                assertTrue(status.filter(how -> how.exitCode() == 0 || how.equals(new WaitStatus.Signaled(Signals.SIGKILL, false))).isPresent(),
                        () -> status + scratch.read(name + ".err"));
            }
        }

        /** Process 1, as the test sees it. */
        private int first() {
            return Await.value(() -> "process 1: " + scratch.read(name + ".err"), LIMIT,
                    () -> ProcessTable.children(unshare).stream().findFirst());
        }

        void signal(int number) {
            ProcessCalls.kill(first(), number);
        }

        /** The first line that was printed. */
        String readLine() {
            try {
                text.append(Bytes.readUntil(output.number(), "\n"));
            } catch (AssertionError e) {
                throw new AssertionError(e.getMessage() + scratch.read(name + ".err"), e);
            }
            return lines().get(0);
        }

        List<String> lines() {
            return text.toString().lines().toList();
        }

        /** To be called after the end: everything that was printed is there. */
        String lastLine() {
            byte[] buffer = new byte[1 << 16];
            for (int count = FileCalls.read(output.number(), buffer, 0, buffer.length); count > 0;
                    count = FileCalls.read(output.number(), buffer, 0, buffer.length)) {
                text.append(new String(buffer, 0, count, java.nio.charset.StandardCharsets.US_ASCII));
            }
            return lines().get(lines().size() - 1);
        }

        int awaitEnd() {
            code = ProcessCalls.waitPid(unshare, LIMIT).map(WaitStatus::exitCode);
            return code.orElseThrow(() -> new AssertionError("it did not end: " + scratch.read(name + ".err")));
        }

        @Override
        public void close() {
            if (code.isEmpty()) {
                ProcessTable.children(unshare).forEach(pid -> ProcessCalls.kill(pid, Signals.SIGKILL));
                ProcessCalls.waitPid(unshare, LIMIT);
            }
            output.close();
            Await.until("an empty cgroup " + cgroup, LIMIT, () -> {
                try {
                    FileCalls.rmdir(cgroup);
                    return true;
                } catch (dev.thaw.linux.LinuxException busy) {
                    return FileCalls.lstatIfExists(cgroup).isEmpty();
                }
            });
            assertTrue(FileCalls.lstatIfExists(cgroup).isEmpty());
        }
    }
}
