package dev.thaw.supervise;

import dev.thaw.fdbroker.InheritedDescriptors;
import dev.thaw.launcher.KernelJson;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.WaitStatus;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a program that started thaw wants to know ({@code --status-fd}): one JSON object a line, {@code {"event":"started","pid":4711}}.
 * Readers skip events and members that they don't know. Safe for several threads.
 */
public final class StatusStream {
    private Optional<OwnedFd> fd;

    private StatusStream(Optional<OwnedFd> fd) {
        this.fd = fd;
    }

    /** Says nothing to nobody. */
    public static StatusStream none() {
        return new StatusStream(Optional.empty());
    }

    /**
     * Writes to a descriptor that thaw was started with.
     *
     * @throws Failure when it was not
     */
    public static StatusStream to(int number) {
        if (number == 0 || number > 2 && !InheritedDescriptors.contains(number)) {
            throw Failure.of(
                    ExitCode.USAGE,
                    "--status-fd " + number + ": thaw was not started with such a descriptor",
                    "it has to be open in the caller, for writing",
                    "in a shell: thaw ... " + number + ">FILE");
        }
        return new StatusStream(Optional.of(FdCalls.duplicate(number, 3)));
    }

    /** @param members name and value in turn; a value is a number, a text or a list of them */
    public void event(String event, Object... members) {
        if (isSilent()) {
            return;
        }
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("event", event);
        for (int i = 0; i < members.length; i += 2) {
            line.put((String) members[i], members[i + 1]);
        }
        write(KernelJson.line(line) + "\n");
    }

    /** The application ended by itself, or by a signal. */
    public void exited(int pid, WaitStatus status) {
        if (status instanceof WaitStatus.Signaled signaled) {
            event("exited", "pid", pid, "code", status.exitCode(), "signal", signaled.signal());
        } else {
            event("exited", "pid", pid, "code", status.exitCode());
        }
    }

    /** thaw itself ends with this. */
    public void failed(Failure failure) {
        event("failed", "code", failure.exitCode(), "what", failure.what(), "because", failure.because(), "try", failure.tries());
    }

    private synchronized boolean isSilent() {
        return fd.isEmpty();
    }

    private synchronized void write(String line) {
        if (fd.isEmpty()) {
            return;
        }
        try {
            FileCalls.writeFully(fd.get().number(), KernelString.encode(line));
        } catch (LinuxException nobodyReads) {
            // The application matters more than who watches it.
            fd.get().close();
            fd = Optional.empty();
        }
    }
}
