package dev.thaw.restore;

import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.Signals;
import dev.thaw.linux.WaitStatus;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Notices that the root has ended before criu has. As the root is our child, criu does not hear of it, and waits for it in vain. */
final class LostRoot {
    /** An application that ends as soon as it runs may do so while criu still puts its things away. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private OptionalInt pid;
    private Optional<Instant> since = Optional.empty();

    /** @param pid of the root as soon as there is one, with us; empty when that is not known yet */
    LostRoot(OptionalInt pid) {
        this.pid = pid;
    }

    /** Now it is known. */
    void is(int root) {
        pid = OptionalInt.of(root);
    }

    /** @throws Failure when it has ended a while ago; to be asked as long as criu runs */
    void check() {
        Optional<WaitStatus> end = pid.isPresent() ? end(pid.getAsInt()) : Optional.empty();
        if (end.isEmpty()) {
            return;
        }
        if (since.isEmpty()) {
            since = Optional.of(Instant.now());
        } else if (Instant.now().isAfter(since.get().plus(GRACE))) {
            throw failure(end.get());
        }
    }

    private static Optional<WaitStatus> end(int root) {
        try {
            return ProcessCalls.peekExit(root);
        } catch (LinuxException notThereYetOrNotOurs) {
            return Optional.empty();
        }
    }

    private Failure failure(WaitStatus end) {
        boolean killed = end instanceof WaitStatus.Signaled signaled && signaled.signal() == Signals.SIGKILL;
        String how = end instanceof WaitStatus.Signaled signaled ? "killed by " + Signals.name(signaled.signal()) : "with exit code " + end.exitCode();
        return new Failure(ExitCode.CRIU, "pid " + pid.getAsInt() + " ended while criu restored it, " + how,
                List.of("criu waited for it in vain; what it had restored was ended, and the image is as it was"),
                killed ? List.of("again, if somebody has killed it", "more memory, if the kernel has: dmesg") : List.of("a cold start"),
                killed ? new NotTheImagesFault("somebody, or the kernel, has killed the application") : null);
    }
}
