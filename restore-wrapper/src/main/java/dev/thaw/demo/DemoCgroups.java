package dev.thaw.demo;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.restore.OwnCgroup;
import dev.thaw.supervise.Pause;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Two cgroups below our own, each with a limit of its own: the old pod and the new one. Removed at the end. */
final class DemoCgroups implements AutoCloseable {
    static final String LIMIT_FILE = "cgroup.max.descendants";
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final long STEP_MILLIS = 10;

    private final String before;
    private final String after;

    private DemoCgroups(String before, String after) {
        this.before = before;
        this.after = after;
    }

    /** @return empty where there is no writable cgroup2 tree */
    static Optional<DemoCgroups> create() {
        Optional<String> own = OwnCgroup.directory();
        if (own.isEmpty()) {
            return Optional.empty();
        }
        String base = own.get() + "/thaw-demo-" + ProcessCalls.getpid();
        DemoCgroups cgroups = new DemoCgroups(base + "-before", base + "-after");
        try {
            make(cgroups.before, "111");
            make(cgroups.after, "222");
            return Optional.of(cgroups);
        } catch (LinuxException e) {
            cgroups.close();
            return Optional.empty();
        }
    }

    private static void make(String path, String limit) {
        FileCalls.mkdir(path, 0755);
        FileCalls.writeFile(path + "/" + LIMIT_FILE, KernelString.encode(limit), 0644);
    }

    String before() {
        return before;
    }

    String after() {
        return after;
    }

    /** Takes the old one away; its last process may take a moment to leave it. */
    void removeBefore() {
        remove(before);
    }

    @Override
    public void close() {
        remove(before);
        remove(after);
    }

    private static void remove(String path) {
        Instant deadline = Instant.now().plus(PATIENCE);
        while (FileCalls.lstatIfExists(path).isPresent()) {
            try {
                FileCalls.rmdir(path);
            } catch (LinuxException busy) {
                if (Instant.now().isAfter(deadline)) {
                    return;
                }
                Pause.millis(STEP_MILLIS);
            }
        }
    }
}
