package dev.thaw.demo;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.PosixSpawn;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.WaitStatus;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.supervise.Pause;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/** Starting, waiting for and ending the processes of the demo. */
final class Processes {
    private static final long STEP_MILLIS = 10;

    private Processes() {}

    /**
     * Runs a program to its end.
     *
     * @param stdout descriptor of ours that becomes its standard output
     * @param cgroup a cgroup directory that it is put into first
     */
    static WaitStatus run(List<String> argv, List<String> environment, int stdout, Optional<String> cgroup, Duration limit) {
        List<String> line = new ArrayList<>();
        if (cgroup.isPresent()) {
            line.addAll(List.of("/bin/sh", "-c", "echo $$ >\"$0\" && exec \"$@\"", cgroup.get() + "/cgroup.procs"));
        }
        line.addAll(argv);
        int pid;
        try (OwnedFd nothing = FileCalls.open("/dev/null", OpenFlags.O_RDWR)) {
            TreeMap<Integer, Integer> streams = new TreeMap<>();
            streams.put(0, nothing.number());
            streams.put(1, stdout);
            streams.put(2, 2);
            pid = PosixSpawn.spawn(new PosixSpawn.Request(line.get(0), line, environment, streams, PosixSpawn.Session.SAME, Optional.empty(),
                    true, Set.of(), OptionalLong.empty()));
        }
        Optional<WaitStatus> status = ProcessCalls.waitPid(pid, limit);
        if (status.isEmpty()) {
            kill(pid);
            throw Failure.of(ExitCode.TIME_LIMIT, "the demo stopped: " + argv.get(0) + " did not end in time", String.join(" ", argv));
        }
        return status.get();
    }

    static void kill(int pid) {
        try {
            ProcessCalls.kill(pid, Signals.SIGKILL);
        } catch (LinuxException e) {
            if (!e.is(Errno.ESRCH)) {
                throw e;
            }
        }
        reap(pid);
    }

    /** Takes the status of a child that ended, if it is one of ours. */
    static void reap(int pid) {
        try {
            ProcessCalls.waitPid(pid, Duration.ofSeconds(5));
        } catch (LinuxException e) {
            if (!e.is(Errno.ECHILD) && !e.is(Errno.ESRCH)) {
                throw e;
            }
        }
    }

    static void awaitGone(int pid, Duration limit) {
        Instant deadline = Instant.now().plus(limit);
        while (ProcessCalls.exists(pid) && Instant.now().isBefore(deadline)) {
            reapIfOurs(pid);
            Pause.millis(STEP_MILLIS);
        }
    }

    private static void reapIfOurs(int pid) {
        try {
            ProcessCalls.waitPid(pid, true);
        } catch (LinuxException e) {
            if (!e.is(Errno.ECHILD)) {
                throw e;
            }
        }
    }
}
