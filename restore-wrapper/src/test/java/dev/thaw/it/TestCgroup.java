package dev.thaw.it;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.CgroupMembership;
import dev.thaw.linux.proc.MountInfo;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** A cgroup of the test's own, below the one that the test JVM is in. Closing it removes it with all below it. */
public final class TestCgroup implements AutoCloseable {
    private static final AtomicInteger NEXT = new AtomicInteger();

    private final String directory;
    private final String mountPoint;
    private final String mountRoot;

    private TestCgroup(String directory, String mountPoint, String mountRoot) {
        this.directory = directory;
        this.mountPoint = mountPoint;
        this.mountRoot = mountRoot;
        FileCalls.mkdir(directory, 0755);
    }

    /** In the unified hierarchy, wherever it is mounted. */
    public static TestCgroup v2() {
        return create("cgroup2", Optional.empty()).orElseThrow(() -> new AssertionError("no cgroup2 is mounted"));
    }

    /** In the version 1 hierarchy of this controller; empty where there is none. {@code cpuset} wants settings before a process. */
    public static Optional<TestCgroup> v1(String controller) {
        return create("cgroup", Optional.of(controller));
    }

    private static Optional<TestCgroup> create(String fsType, Optional<String> controller) {
        int self = ProcessCalls.getpid();
        Optional<MountInfo> mount = MountInfo.read(self).stream()
                .filter(candidate -> candidate.fsType().equals(fsType))
                .filter(candidate -> controller.map(name -> List.of(candidate.superOptions().split(",")).contains(name)).orElse(true))
                .findFirst();
        Optional<CgroupMembership> ours = CgroupMembership.read(self).stream()
                .filter(candidate -> controller.map(candidate.controllers()::contains).orElse(candidate.isUnified()))
                .findFirst();
        if (mount.isEmpty() || ours.isEmpty()) {
            return Optional.empty();
        }
        String inMount = below(mount.get().root(), ours.get().path());
        String name = "thaw-it-" + self + "-" + NEXT.incrementAndGet();
        return Optional.of(new TestCgroup(mount.get().mountPoint() + inMount + "/" + name, mount.get().mountPoint(), mount.get().root()));
    }

    /** The part of the path below the root: {@code ""}, or with a slash in front. */
    private static String below(String root, String path) {
        String rest = root.equals("/") ? path : path.startsWith(root) ? path.substring(root.length()) : "";
        return rest.equals("/") ? "" : rest;
    }

    /** Another one below this one. It need not be closed by itself. */
    public TestCgroup child(String name) {
        return new TestCgroup(directory + "/" + name, mountPoint, mountRoot);
    }

    /** Where its files are. */
    public String directory() {
        return directory;
    }

    /** As in /proc/PID/cgroup. */
    public String path() {
        return (mountRoot.equals("/") ? "" : mountRoot) + directory.substring(mountPoint.length());
    }

    public String file(String name) {
        return directory + "/" + name;
    }

    /** The content of one of its files, without the last line feed. */
    public String read(String name) {
        return new String(FileCalls.readAll(file(name)), UTF_8).stripTrailing();
    }

    public void write(String name, String value) {
        try (OwnedFd file = FileCalls.open(file(name), OpenFlags.O_WRONLY | OpenFlags.O_CLOEXEC)) {
            FileCalls.writeFully(file.number(), value.getBytes(UTF_8));
        }
    }

    /** Moves a process, with all its threads, in here. */
    public void add(int pid) {
        write("cgroup.procs", Integer.toString(pid));
    }

    public List<Integer> processes() {
        return read("cgroup.procs").lines().map(Integer::valueOf).toList();
    }

    @Override
    public void close() {
        vanish();
    }

    /** Takes it away while the test goes on; a second time does nothing. The processes in it must have ended or moved. */
    public void vanish() {
        if (FileCalls.statIfExists(directory).isPresent()) {
            remove(directory);
        }
    }

    private static void remove(String directory) {
        // Only directories: the files of a cgroup cannot be removed, and go with it.
        for (String name : FileCalls.list(directory)) {
            if (FileCalls.lstatIfExists(directory + "/" + name).filter(FileStatus::isDirectory).isPresent()) {
                remove(directory + "/" + name);
            }
        }
        // Busy for a moment still after its last process has ended.
        Await.value(() -> "the removal of cgroup " + directory + ", which holds " + holders(directory), Await.LIMIT, () -> {
            try {
                FileCalls.rmdir(directory);
                return Optional.of(true);
            } catch (LinuxException e) {
                if (e.is(Errno.EBUSY)) {
                    return Optional.empty();
                }
                throw e;
            }
        });
    }

    private static String holders(String directory) {
        List<Integer> pids = new String(FileCalls.readAll(directory + "/cgroup.procs"), UTF_8).lines().map(Integer::valueOf).toList();
        return Children.describe(pids);
    }
}
