package dev.thaw.it;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.MountInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * A fresh directory, 0700, for one test; ask for it by a parameter. It is removed with all that is in it after the test, but never across a
 * mount: a criu that was killed may have left all of the machine's cgroups mounted in there. {@code -DkeepScratch=true} keeps it.
 */
public final class Scratch implements AutoCloseable {
    private static final AtomicInteger NEXT = new AtomicInteger();

    private final String path;

    private Scratch(String path) {
        this.path = path;
    }

    public static Scratch create() {
        String name = ProcessCalls.getpid() + "-" + System.nanoTime() % 1_000_000 + "-" + NEXT.incrementAndGet();
        String path = temporaryDirectory() + "/thaw-it-" + name;
        FileCalls.mkdir(path, 0700);
        return new Scratch(path);
    }

    /** Without symbolic links: /proc shows real paths, and tests compare them. */
    private static String temporaryDirectory() {
        try {
            return Path.of(System.getProperty("java.io.tmpdir")).toRealPath().toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String path() {
        return path;
    }

    /** The path of something in here, whether it is there or not. The name may hold any bytes, as a {@link KernelString}. */
    public String path(String name) {
        return path + "/" + name;
    }

    /** Makes a directory, 0700. @return its path */
    public String directory(String name) {
        FileCalls.mkdir(path(name), 0700);
        return path(name);
    }

    /** Writes a file, 0600. @return its path */
    public String file(String name, String content) {
        FileCalls.writeFile(path(name), content.getBytes(UTF_8), 0600);
        return path(name);
    }

    /** The content of a file in here. */
    public String read(String name) {
        return new String(FileCalls.readAll(path(name)), UTF_8);
    }

    /** Opens a file in here; a new one is 0600. The caller closes it. */
    public OwnedFd open(String name, int flags) {
        return FileCalls.open(path(name), flags | OpenFlags.O_CLOEXEC, 0600);
    }

    /** @throws AssertionError when something is mounted in here; nothing is removed then */
    @Override
    public void close() {
        if (Boolean.getBoolean("keepScratch")) {
            System.err.println("kept: " + path);
            return;
        }
        List<String> mounts = MountInfo.read(ProcessCalls.getpid()).stream()
                .map(MountInfo::mountPoint).filter(point -> point.equals(path) || point.startsWith(path + "/")).toList();
        if (!mounts.isEmpty()) {
            throw new AssertionError("not removed: " + path + " has something mounted in it: " + mounts);
        }
        remove(path, FileCalls.lstat(path).device());
        removeFailureLogs("/run");
        removeFailureLogs("/tmp");
    }

    /** A restore of bare images that fails keeps criu's log outside of them. */
    private void removeFailureLogs(String base) {
        for (String name : FileCalls.list(base)) {
            if (name.matches("thaw-[0-9a-f]{8}-last-restore-failure\\.log") && contains(base + "/" + name, " restore of the images in " + path + "/")) {
                FileCalls.unlink(base + "/" + name);
            }
        }
    }

    private static boolean contains(String file, String text) {
        try {
            return new String(FileCalls.readAll(file), UTF_8).contains(text);
        } catch (LinuxException removedByAnotherOrNotReadable) {
            return false;
        }
    }

    private static void remove(String path, long device) {
        FileStatus status = FileCalls.lstat(path);
        if (!status.isDirectory()) {
            FileCalls.unlink(path);
            return;
        }
        if (status.device() != device) {
            throw new AssertionError("not removed: " + path + " is on another device");
        }
        if (status.permissions() != 0700) {
            FileCalls.chmod(path, 0700); // a test may have made it read-only
        }
        for (String name : FileCalls.list(path)) {
            remove(path + "/" + name, device);
        }
        FileCalls.rmdir(path);
    }

    /** Gives each test that has a parameter for it a directory of its own. */
    public static final class Extension implements ParameterResolver {
        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == Scratch.class;
        }

        @Override
        public Scratch resolveParameter(ParameterContext parameter, ExtensionContext context) {
            // The store closes what is AutoCloseable when the test is over, and a failure of that is the test's.
            return context.getStore(ExtensionContext.Namespace.create(Scratch.class))
                    .computeIfAbsent(Scratch.class, key -> create(), Scratch.class);
        }
    }
}
