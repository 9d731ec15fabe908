package dev.thaw.restore;

import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.StatusFile;
import dev.thaw.report.Report;
import java.util.List;
import java.util.OptionalInt;

/**
 * What an application is told of itself, by a line or a signal.
 *
 * @param descriptor of the root process, a pipe or FIFO, which gets a line
 * @param signal for the root process; sent last, so that its handler finds the line
 */
public record Notice(OptionalInt descriptor, OptionalInt signal) {

    public boolean isNothing() {
        return descriptor.isEmpty() && signal.isEmpty();
    }

    /**
     * @param pid of the root process
     * @param what was done to it: {@code restored} or {@code checkpointed}
     * @param seconds that passed for others and not for it; empty when that is not known
     */
    public void tell(int pid, String what, String seconds, Report report) {
        descriptor.ifPresent(number -> NoticeLine.write(number, pid, what, seconds, report));
        signal.ifPresent(number -> send(number, pid, report));
    }

    private static void send(int number, int pid, Report report) {
        StatusFile status = StatusFile.read(pid);
        if (status.caughtSignals().contains(number) || status.ignoredSignals().contains(number)) {
            ProcessCalls.kill(pid, number);
        } else {
            report.warning(Signals.name(number) + " was not sent to pid " + pid, List.of("it has no handler for it, so that the signal could end it"),
                    List.of("without --notify-signal"));
        }
    }
}
