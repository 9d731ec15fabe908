package dev.thaw.restore;

import dev.thaw.linux.ProcessCalls;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.List;

/** Whether this process may dump and restore at all; said before anything is touched, and before criu is blamed for it. */
public final class Privileges {
    /** Number of CAP_CHECKPOINT_RESTORE (man 7 capabilities), which criu needs to choose pids. */
    private static final int CHECKPOINT_RESTORE = 40;
    /** CAP_SYS_ADMIN stands for it too. */
    private static final int SYS_ADMIN = 21;

    private Privileges() {}

    /**
     * @param doing as the start of a sentence: {@code restoring}
     * @throws Failure when criu would refuse, or fail halfway
     */
    public static void require(String doing) {
        long effective = ProcessCalls.capabilitiesEffective();
        if (has(effective, CHECKPOINT_RESTORE) || has(effective, SYS_ADMIN)) {
            return;
        }
        boolean root = ProcessCalls.geteuid() == 0;
        throw new Failure(ExitCode.FAILURE, doing + " needs CAP_CHECKPOINT_RESTORE, which this process does not have",
                List.of(root ? "it runs as root, but without this capability: a container that was not given it"
                        : "it runs as uid " + ProcessCalls.geteuid() + "; criu can neither stop processes nor choose pids without it"),
                root ? List.of("give the container CAP_CHECKPOINT_RESTORE and CAP_SYS_PTRACE (docs/privileges.md)")
                        : List.of("as root", "setpriv --ambient-caps=+checkpoint_restore,+sys_ptrace,+setpcap … (docs/privileges.md)"));
    }

    private static boolean has(long capabilities, int number) {
        return (capabilities >> number & 1) != 0;
    }
}
