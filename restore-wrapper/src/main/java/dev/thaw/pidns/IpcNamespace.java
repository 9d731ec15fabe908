package dev.thaw.pidns;

import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.Optional;
import java.util.function.Supplier;

/** An IPC namespace for one child (man 7 ipc_namespaces): criu dumps System V memory only together with one that is not its own. */
public final class IpcNamespace {
    private IpcNamespace() {}

    /**
     * Starts a child in a fresh one; thaw, and with it criu, stays outside.
     *
     * @param pids its pid namespace, where it gets one as well
     * @param start by {@code posix_spawn}
     * @return what {@code start} returns
     * @throws Failure when it cannot be made; nothing was started
     */
    public static int start(Optional<PidNamespace> pids, Supplier<Integer> start) {
        if (pids.isPresent()) {
            return pids.get().call(() -> leaveAnd(start));
        }
        try (NamespaceThread thread = new NamespaceThread()) {
            return thread.call(() -> leaveAnd(start));
        }
    }

    private static int leaveAnd(Supplier<Integer> start) {
        try {
            ProcessCalls.unshare(ProcessCalls.CLONE_NEWIPC);
        } catch (LinuxException e) {
            throw Failure.of(ExitCode.FAILURE, "an IPC namespace cannot be made", e.getMessage(), "as root, or with CAP_SYS_ADMIN");
        }
        return start.get();
    }
}
