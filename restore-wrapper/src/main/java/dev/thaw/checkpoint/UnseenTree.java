package dev.thaw.checkpoint;

import dev.thaw.linux.LinuxException;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.List;

/** A tree that this process may not look at. */
public final class UnseenTree {
    private UnseenTree() {}

    /** With whom it can be looked at. */
    public static Failure failure(int pid, LinuxException e) {
        return new Failure(ExitCode.FAILURE, "the tree of pid " + pid + " cannot be looked at", List.of(e.getMessage()), List.of(remedy(ProcessCalls.geteuid() == 0)), e);
    }

    /** Root that is refused lacks a capability, as in a container, or is in another user namespace. */
    static String remedy(boolean root) {
        return root ? "with CAP_SYS_PTRACE, in the user namespace of the tree or above: outside this container, or with --cap-add SYS_PTRACE"
                : "as the user whose processes they are, or as root";
    }
}
