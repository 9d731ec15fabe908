package dev.thaw.living;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.PosixSpawn;
import dev.thaw.linux.ProcessCalls;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/** Lets a tree run on that stands still when thaw is killed: a shell at a pipe whose other end only thaw holds. */
final class StandstillWatch implements AutoCloseable {
    private static final Duration FAREWELL = Duration.ofSeconds(2);

    /** Lines on the input: a pid that is going to be stopped; or "done". */
    private static final String SCRIPT = """
            trap '' HUP INT TERM
            while read -r word; do
                [ "$word" = done ] && exit 0
                pids="$pids $word"
            done
            kill -CONT $pids
            """;

    private final int watcher;
    private final OwnedFd line;

    private StandstillWatch(int watcher, OwnedFd line) {
        this.watcher = watcher;
        this.line = line;
    }

    static StandstillWatch start() {
        FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
        try (OwnedFd reader = pipe.reader(); OwnedFd nowhere = FileCalls.open("/dev/null", OpenFlags.O_WRONLY)) {
            int watcher = PosixSpawn.spawn(new PosixSpawn.Request("/bin/sh", List.of("thaw-standstill-watch", "-c", SCRIPT), List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin"),
                    new TreeMap<>(Map.of(0, reader.number(), 1, nowhere.number(), 2, nowhere.number())), PosixSpawn.Session.NEW_SESSION, Optional.of("/"), true, Set.of(),
                    OptionalLong.empty()));
            return new StandstillWatch(watcher, pipe.writer());
        } catch (RuntimeException e) {
            pipe.writer().close();
            throw e;
        }
    }

    /** To be called before it is stopped. */
    void stopping(int pid) {
        tell(Integer.toString(pid));
    }

    /** Nothing stands still any more. */
    @Override
    public void close() {
        tell("done");
        line.close();
        ProcessCalls.waitPid(watcher, FAREWELL);
    }

    private void tell(String word) {
        try {
            FileCalls.writeFully(line.number(), (word + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (LinuxException watcherIsGone) {
            return;
        }
    }
}
