package dev.thaw.restore;

import dev.thaw.criu.CriuBinary;
import dev.thaw.criu.CriuCommandLine;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.PosixSpawn;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.WaitStatus;
import dev.thaw.plan.RestorePlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** One run of {@code criu restore} with exactly the descriptors of the plan. criu has no time limit of its own; this has. */
final class CriuRun {
    private static final String STDERR_FILE = "criu.stderr";

    private CriuRun() {}

    /**
     * What came of it.
     *
     * @param status empty when the limit passed; criu still runs then
     * @param rootPid the restored root, a child of ours; empty unless criu succeeded
     * @param said criu's stderr and stdout: option errors are nowhere else
     */
    record Outcome(Optional<WaitStatus> status, OptionalInt rootPid, String said, String log, List<String> argv) {
        boolean succeeded() {
            return status.isPresent() && status.get().exitCode() == 0 && rootPid.isPresent();
        }
    }

    /** @param images the images directory, or an overlay of it */
    static Outcome restore(CriuBinary criu, RestorePlan plan, String images, WorkDirectory work, OpenedHandovers opened, Duration limit) {
        List<String> argv = CriuCommandLine.restore(criu.path(), images, work.path(), plan);
        int pid = spawn(inCgroups(argv, plan.cgroups()), plan, work, opened);
        Optional<WaitStatus> status = ProcessCalls.waitPid(pid, limit);
        String root = work.text(CriuCommandLine.PID_FILE).trim();
        OptionalInt rootPid = root.matches("[0-9]{1,9}") ? OptionalInt.of(Integer.parseInt(root)) : OptionalInt.empty();
        return new Outcome(status, rootPid, work.text(STDERR_FILE), work.text(CriuCommandLine.LOG_FILE), argv);
    }

    /** A shell that moves itself and becomes criu: thaw need not move, and the tree is in there from its first moment. */
    private static List<String> inCgroups(List<String> argv, List<String> cgroups) {
        if (cgroups.isEmpty()) {
            return argv;
        }
        String script = "n=$1; shift; while [ $n -gt 0 ]; do echo $$ >\"$1/cgroup.procs\" || exit 1; shift; n=$((n-1)); done; exec \"$@\"";
        List<String> shell = new ArrayList<>(List.of("/bin/sh", "-c", script, "thaw", Integer.toString(cgroups.size())));
        shell.addAll(cgroups);
        shell.addAll(argv);
        return shell;
    }

    private static int spawn(List<String> argv, RestorePlan plan, WorkDirectory work, OpenedHandovers opened) {
        int logFlags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND;
        try (OwnedFd nothing = FileCalls.open("/dev/null", OpenFlags.O_RDWR);
                OwnedFd said = FileCalls.open(work.file(STDERR_FILE), logFlags, 0600)) {
            SortedMap<Integer, Integer> descriptors = new TreeMap<>(opened.forCriu());
            descriptors.put(0, nothing.number());
            descriptors.put(1, said.number());
            descriptors.put(2, said.number());
            // A session of its own keeps ^C away from criu; a shell job is restored into ours, so there criu has to be in it.
            PosixSpawn.Session session = plan.criu().shellJob() ? PosixSpawn.Session.SAME : PosixSpawn.Session.NEW_SESSION;
            return PosixSpawn.spawn(new PosixSpawn.Request(argv.get(0), argv, ProcessCalls.environment(), descriptors, session,
                    Optional.empty(), true, Set.of(), OptionalLong.empty()));
        }
    }
}
