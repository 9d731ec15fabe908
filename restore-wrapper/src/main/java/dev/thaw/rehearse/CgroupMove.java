package dev.thaw.rehearse;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.restore.OwnCgroup;
import dev.thaw.supervise.Pause;
import java.time.Duration;
import java.time.Instant;

/** thaw in one cgroup after the other, as in one pod after the other: what it starts and restores is in there with it. */
final class CgroupMove implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final long STEP_MILLIS = 20;

    private final String home;
    private String current = "";
    private int count;

    /** Moves this process into a first one. */
    CgroupMove() {
        home = OwnCgroup.directory().orElseThrow(() -> notHere("there is no cgroup2 tree that this process is in"));
        next();
    }

    /** The one that this process is in now. */
    String current() {
        return current;
    }

    /** Moves into another one, and removes the one before; nothing else may be in that. */
    void next() {
        String before = current;
        count++;
        String made = home + "/thaw-rehearsal-" + ProcessCalls.getpid() + "-" + count;
        try {
            FileCalls.mkdir(made, 0755);
            current = made;
            enter(made);
        } catch (LinuxException e) {
            remove(made);
            throw notHere(e.getMessage());
        }
        remove(before);
    }

    @Override
    public void close() {
        try {
            enter(home);
        } finally {
            remove(current);
        }
    }

    private static void enter(String cgroup) {
        FileCalls.writeFile(cgroup + "/cgroup.procs", KernelString.encode(Integer.toString(ProcessCalls.getpid())), 0644);
    }

    /** What has ended may take a moment to leave it. */
    private static void remove(String path) {
        Instant deadline = Instant.now().plus(PATIENCE);
        while (!path.isEmpty() && FileCalls.lstatIfExists(path).isPresent() && Instant.now().isBefore(deadline)) {
            try {
                FileCalls.rmdir(path);
            } catch (LinuxException busy) {
                Pause.millis(STEP_MILLIS);
            }
        }
    }

    private static Failure notHere(String because) {
        return Failure.of(ExitCode.FAILURE, "--change move-cgroup is not possible here", because, "as root, in a cgroup that may be written to; or without it");
    }
}
