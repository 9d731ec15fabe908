package dev.thaw.supervise;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.PosixSpawn;
import dev.thaw.linux.ProcessCalls;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * Puts in order what thaw leaves when it dies without a word, as by SIGKILL: a shell beside thaw waits at a pipe whose other end only thaw holds, and
 * which the kernel closes however thaw dies.
 */
public final class DeathWatch implements AutoCloseable {
    private static final Duration FAREWELL = Duration.ofSeconds(2);
    private static final String IMMUNE = "trap '' HUP INT TERM\n";

    private final int watcher;
    private final OwnedFd line;

    private DeathWatch(int watcher, OwnedFd line) {
        this.watcher = watcher;
        this.line = line;
    }

    /**
     * @param name as ps(1) shows it
     * @param script its standard input are the lines of {@link #tell}; the last one is "done", or thaw is dead
     * @param words $1 and so on of the script
     */
    public static DeathWatch start(String name, String script, List<String> words) {
        List<String> argv = new ArrayList<>(List.of(name, "-c", IMMUNE + script, "sh"));
        argv.addAll(words);
        FdCalls.Pipe pipe = FdCalls.pipe2(OpenFlags.O_CLOEXEC);
        try (OwnedFd reader = pipe.reader(); OwnedFd nowhere = FileCalls.open("/dev/null", OpenFlags.O_WRONLY)) {
            int watcher = PosixSpawn.spawn(new PosixSpawn.Request("/bin/sh", argv, List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin"),
                    new TreeMap<>(Map.of(0, reader.number(), 1, nowhere.number(), 2, nowhere.number())), PosixSpawn.Session.NEW_SESSION, Optional.of("/"), true,
                    Set.of(), OptionalLong.empty()));
            return new DeathWatch(watcher, pipe.writer());
        } catch (RuntimeException e) {
            pipe.writer().close();
            throw e;
        }
    }

    /** The shell's. */
    public int pid() {
        return watcher;
    }

    /** @param line for the script, without the line break */
    public void tell(String line) {
        try {
            FileCalls.writeFully(this.line.number(), (line + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (LinuxException watcherIsGone) {
            return;
        }
    }

    /** Calls it off: nothing is left to be put in order. */
    @Override
    public void close() {
        if (!line.isOpen()) {
            return;
        }
        tell("done");
        line.close();
        ReapingGate.Held gate = ReapingGate.hold();
        try {
            ProcessCalls.waitPid(watcher, FAREWELL);
        } catch (LinuxException reapedAsAnOrphan) {
            return;
        } finally {
            gate.close();
        }
    }
}
