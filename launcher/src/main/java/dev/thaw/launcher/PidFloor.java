package dev.thaw.launcher;

import dev.thaw.linux.Errno;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.PosixSpawn;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Moves the pids of new processes up: a restored process needs its old pid, and low ones are the first to be taken after a reboot. */
public final class PidFloor {
    private static final String LAST_PID = "/proc/sys/kernel/ns_last_pid";
    private static final String PID_MAX = "/proc/sys/kernel/pid_max";

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String MAKE_PROCESSES = "while :; do : & wait; [ $! -lt $0 ] || exit 0; done";

    private PidFloor() {}

    /**
     * Lets the kernel hand out no pid below {@code floor} next, in our pid namespace (man 7 pid_namespaces).
     *
     * @throws IllegalArgumentException when the floor leaves no room below the highest pid
     * @throws dev.thaw.linux.LinuxException EPERM or EACCES without the right
     */
    public static void raiseTo(int floor) {
        int highest = number(PID_MAX);
        if (floor > highest - 1000) {
            throw new IllegalArgumentException("a pid floor of " + floor + " leaves less than 1000 pids below pid_max, which is " + highest);
        }
        if (number(LAST_PID) >= floor) {
            return;
        }
        try (OwnedFd file = FileCalls.open(LAST_PID, OpenFlags.O_WRONLY)) {
            FileCalls.writeFully(file.number(), Integer.toString(floor).getBytes(StandardCharsets.US_ASCII));
        } catch (LinuxException e) {
            if (!e.is(Errno.EROFS)) {
                throw e;
            }
            useUp(floor); // container engines show /proc/sys read-only
        }
    }

    /** Has processes made that end at once, until their pids have come that far: some 2000 of them take a second. */
    private static void useUp(int floor) {
        try (OwnedFd nothing = FileCalls.open("/dev/null", OpenFlags.O_RDWR)) {
            SortedMap<Integer, Integer> streams = new TreeMap<>(Map.of(0, nothing.number(), 1, nothing.number(), 2, nothing.number()));
            int shell = PosixSpawn.spawn(new PosixSpawn.Request("/bin/sh", List.of("sh", "-c", MAKE_PROCESSES, Integer.toString(floor)),
                    ProcessCalls.environment(), streams, PosixSpawn.Session.NEW_SESSION, Optional.empty(), true, Set.of(), OptionalLong.empty()));
            if (ProcessCalls.waitPid(shell, LIMIT).isEmpty()) {
                ProcessCalls.kill(shell, Signals.SIGKILL);
                ProcessCalls.waitPid(shell, false);
                throw new IllegalArgumentException("/proc/sys is read-only, and " + floor + " processes could not be made within " + LIMIT.toSeconds() + " s");
            }
        }
    }

    private static int number(String file) {
        return Integer.parseInt(new String(FileCalls.readAll(file), StandardCharsets.US_ASCII).strip());
    }
}
