package dev.thaw.launcher;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import java.nio.charset.StandardCharsets;

/** Moves the pids of new processes up: a restored process needs its old pid, and low ones are the first to be taken after a reboot. */
public final class PidFloor {
    private static final String LAST_PID = "/proc/sys/kernel/ns_last_pid";
    private static final String PID_MAX = "/proc/sys/kernel/pid_max";

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
        if (number(LAST_PID) < floor) {
            try (OwnedFd file = FileCalls.open(LAST_PID, OpenFlags.O_WRONLY)) {
                FileCalls.writeFully(file.number(), Integer.toString(floor).getBytes(StandardCharsets.US_ASCII));
            }
        }
    }

    private static int number(String file) {
        return Integer.parseInt(new String(FileCalls.readAll(file), StandardCharsets.US_ASCII).strip());
    }
}
