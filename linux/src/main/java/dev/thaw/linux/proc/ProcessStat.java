package dev.thaw.linux.proc;

import dev.thaw.linux.ProcessCalls;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What is of use here from {@code /proc/PID/stat}.
 *
 * @param pid process id
 * @param comm name of the main thread, at most 15 bytes, any bytes
 * @param state one letter: R, S, D, T, t, Z (ended, not reaped), X, I
 * @param parentPid 0 when the parent is outside our pid namespace
 * @param processGroup process group id
 * @param session session id
 * @param terminalDevice device number of the controlling terminal as the kernel encodes it, 0 for none
 * @param terminalGroup foreground process group of that terminal, -1 for none
 * @param startTicks when it started, clock ticks since the boot
 * @param threadCount number of threads
 * @param rawExitStatus of a zombie, as wait(2) will give it; 0 without the right to trace the process
 */
public record ProcessStat(int pid, String comm, char state, int parentPid, int processGroup, int session, int terminalDevice,
                          int terminalGroup, long startTicks, int threadCount, int rawExitStatus) {

    // Numbers of the fields in man 5 proc, less the three that come first: the array starts at the fourth field.
    private static final int PARENT = 4 - 4;
    private static final int GROUP = 5 - 4;
    private static final int SESSION = 6 - 4;
    private static final int TERMINAL = 7 - 4;
    private static final int TERMINAL_GROUP = 8 - 4;
    private static final int THREADS = 20 - 4;
    private static final int START = 22 - 4;
    private static final int EXIT_STATUS = 52 - 4;

    /**
     * Reads the text of the file.
     *
     * @throws IllegalArgumentException when it is not such a line
     */
    public static ProcessStat parse(String text) {
        // The name may hold spaces and parentheses, and nothing after it does.
        int open = text.indexOf('(');
        int close = text.lastIndexOf(')');
        if (open < 0 || close < open || text.length() < close + 4) {
            throw new IllegalArgumentException("not /proc/PID/stat: " + text);
        }
        String[] fields = text.substring(close + 4).trim().split(" ");
        if (fields.length <= EXIT_STATUS) {
            throw new IllegalArgumentException("/proc/PID/stat with too few fields: " + text);
        }
        return new ProcessStat(
            Integer.parseInt(text.substring(0, open).trim()),
            text.substring(open + 1, close),
            text.charAt(close + 2),
            Integer.parseInt(fields[PARENT]),
            Integer.parseInt(fields[GROUP]),
            Integer.parseInt(fields[SESSION]),
            Integer.parseInt(fields[TERMINAL]),
            Integer.parseInt(fields[TERMINAL_GROUP]),
            Long.parseLong(fields[START]),
            Integer.parseInt(fields[THREADS]),
            Integer.parseInt(fields[EXIT_STATUS]));
    }

    /** Of a process; empty when there is none. */
    public static Optional<ProcessStat> read(int pid) {
        return ProcFile.readIfAlive("/proc/" + pid + "/stat").map(ProcessStat::parse);
    }

    /** Whether it has ended and waits to be reaped. */
    public boolean isZombie() {
        return state == 'Z';
    }

    /** When it started by the wall clock, to a few hundredths of a second; the clock may have been set since. */
    public Instant started() {
        String uptimeSeconds = ProcFile.read("/proc/uptime").split(" ")[0];
        long uptimeMillis = new BigDecimal(uptimeSeconds).movePointRight(3).longValue();
        long startMillis = startTicks * 1000 / ProcessCalls.ticksPerSecond();
        return Instant.now().minus(Duration.ofMillis(uptimeMillis - startMillis));
    }
}
