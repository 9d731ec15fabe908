package dev.thaw.supervise;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.PosixSpawn;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.ProcessStat;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * Ends the application when thaw dies without a word, as by SIGKILL ({@code --on-parent-death end}).
 *
 * <p>A shell beside thaw waits at a pipe whose other end only thaw holds; the kernel closes it however thaw dies. PR_SET_PDEATHSIG would
 * be sent when the thread ended that started the application, and is lost on exec of a set-user-id program.
 */
final class ParentDeathWatch implements AutoCloseable {
    private static final Duration FAREWELL = Duration.ofSeconds(2);

    /**
     * $1 is the pid, $2 when it started, $3 the pid or its group as kill(1) takes it. A line on the input says that all is well. The start
     * time is compared because the pid may be another's by then; it is field 22, the 20th after the name in parentheses.
     */
    private static final String SCRIPT = String.join("\n",
            "trap '' HUP INT TERM",
            "read -r told && exit 0",
            "same() {",
            "  stat=$(cat \"/proc/$pid/stat\" 2>/dev/null) || return 1",
            "  set -- ${stat##*) }",
            "  [ \"$1\" != Z ] && [ \"${20}\" = \"$start\" ]",
            "}",
            "pid=$1 start=$2 target=$3",
            "same || exit 0",
            // -s: dash takes no -- after -TERM
            "kill -s TERM -- \"$target\"; kill -s CONT -- \"$target\"",
            "for second in 1 2 3 4 5; do same || break; sleep 1; done",
            "kill -s KILL -- \"$target\"");

    private final int watcher;
    private final OwnedFd line;

    private ParentDeathWatch(int watcher, OwnedFd line) {
        this.watcher = watcher;
        this.line = line;
    }

    /** @param pid a child of ours; when it leads a process group, the group is ended */
    static ParentDeathWatch start(int pid) {
        long start = ProcessStat.read(pid).map(ProcessStat::startTicks).orElse(0L);
        String target = ProcessCalls.getpgid(pid) == pid ? "-" + pid : Integer.toString(pid);
        FdCalls.Pipe pipe = FdCalls.pipe2(0);
        try (OwnedFd reader = pipe.reader();
             OwnedFd nowhere = FileCalls.open("/dev/null", OpenFlags.O_WRONLY)) {
            TreeMap<Integer, Integer> descriptors = new TreeMap<>();
            descriptors.put(0, reader.number());
            descriptors.put(1, nowhere.number());
            descriptors.put(2, nowhere.number());
            List<String> argv = List.of("thaw-parent-watch", "-c", SCRIPT, "sh", Integer.toString(pid), Long.toString(start), target);
            int watcher = PosixSpawn.spawn(new PosixSpawn.Request(
                    "/bin/sh", argv, List.of("PATH=/usr/bin:/bin"), descriptors, PosixSpawn.Session.NEW_SESSION, Optional.of("/"), true,
                    Set.of(), OptionalLong.empty()));
            return new ParentDeathWatch(watcher, pipe.writer());
        } catch (RuntimeException e) {
            pipe.writer().close();
            throw e;
        }
    }

    /** Calls it off. To be done while the application's pid is still taken: afterwards it would be somebody else's that is ended. */
    @Override
    public void close() {
        if (!line.isOpen()) {
            return;
        }
        try (line) {
            FileCalls.writeFully(line.number(), "ended\n".getBytes(StandardCharsets.US_ASCII));
        } catch (LinuxException watcherIsGone) {
            return;
        } finally {
            reap();
        }
    }

    private void reap() {
        try {
            ProcessCalls.waitPid(watcher, FAREWELL);
        } catch (LinuxException reapedAsAnOrphan) {
            return;
        }
    }
}
