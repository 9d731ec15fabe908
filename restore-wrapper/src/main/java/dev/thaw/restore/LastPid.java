package dev.thaw.restore;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.report.Report;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;

/** Moves the kernel's pid counter out of the way of an image. */
final class LastPid {
    private static final String LAST = "/proc/sys/kernel/ns_last_pid";
    private static final String MAX = "/proc/sys/kernel/pid_max";

    private LastPid() {}

    /** Without the right to do so, what is in the way is found by looking, and by criu. */
    static void stepAside(List<Integer> numbers, Report report) {
        try {
            int last = number(LAST);
            OptionalInt next = PidRoom.next(last, number(MAX), numbers);
            if (next.isPresent()) {
                write(next.getAsInt());
                report.detail("pids ahead of " + last + " are the image's: the next ones come after " + next.getAsInt());
            }
        } catch (LinuxException e) {
            report.detail("the pid counter stays where it is: " + e.getMessage());
        }
    }

    /** The counter to start from in a namespace of its own. */
    static int inNamespace(List<Integer> numbers) {
        return PidRoom.next(1, number(MAX), numbers).orElse(0);
    }

    private static void write(int last) {
        try (OwnedFd file = FileCalls.open(LAST, OpenFlags.O_WRONLY)) {
            FileCalls.writeFully(file.number(), Integer.toString(last).getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static int number(String file) {
        return Integer.parseInt(new String(FileCalls.readAll(file), StandardCharsets.US_ASCII).strip());
    }
}
