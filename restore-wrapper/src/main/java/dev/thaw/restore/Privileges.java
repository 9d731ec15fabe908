package dev.thaw.restore;

import dev.thaw.criu.CriuPrivileges;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.TaskImage;
import dev.thaw.linux.Capabilities;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.StatusFile;
import dev.thaw.plan.Search;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.List;
import java.util.Optional;

/** Whether this process may dump and restore at all; said before anything is touched, and before criu is blamed for it. */
public final class Privileges {
    /** For socket buffers, for the clocks of its time namespace, for roots, for rights that the application does not have. */
    private static final long NEEDED_BY_ROOT = 1L << Capabilities.SETPCAP | 1L << Capabilities.NET_ADMIN | 1L << Capabilities.SYS_CHROOT
            | 1L << Capabilities.SYS_PTRACE | 1L << Capabilities.SYS_ADMIN | 1L << Capabilities.SYS_TIME;

    private Privileges() {}

    /**
     * @param doing as the start of a sentence: {@code restoring}
     * @param criu its path, or empty: it may have capabilities of its own
     * @throws Failure when criu would refuse, or fail halfway
     */
    public static void require(String doing, String criu) {
        if (CriuPrivileges.suffice(CriuPrivileges.effective(criu))) {
            return;
        }
        boolean root = ProcessCalls.geteuid() == 0;
        throw new Failure(ExitCode.FAILURE, doing + " needs CAP_CHECKPOINT_RESTORE, which this process does not have",
                List.of(root ? "it runs as root, but without this capability: a container that was not given it"
                        : "it runs as uid " + ProcessCalls.geteuid() + "; criu can neither stop processes nor choose pids without it"),
                root ? List.of("give the container CAP_CHECKPOINT_RESTORE and CAP_SYS_PTRACE (docs/privileges.md)")
                        : List.of("as root", "setpriv --ambient-caps=+checkpoint_restore,+sys_ptrace,+setpcap … (docs/privileges.md)",
                                "--criu with a copy that has file capabilities, or a whole life in a user namespace: unshare -Ur --pid --fork --mount-proc"));
    }

    /**
     * As above, and what criu's restore as root takes for granted: each of these was found to be the one that it failed for.
     *
     * @throws Failure when one is missing
     */
    public static void requireForRestore(String criu) {
        require("restoring", criu);
        long missing = NEEDED_BY_ROOT & ~ProcessCalls.capabilitiesEffective();
        if (ProcessCalls.geteuid() == 0 && missing != 0) {
            throw new Failure(ExitCode.FAILURE, "restoring needs " + Capabilities.names(missing) + ", which this process does not have",
                    List.of("it runs as root, but without: a container that was not given it"),
                    List.of("give it to the container: capabilities, add (docs/containers.md)"), new NotTheImagesFault("capabilities"));
        }
    }

    /**
     * What an image needs of its own.
     *
     * @throws Failure when it is missing here
     */
    public static void requireFor(ImageSnapshot image) {
        if (image.ownNamespaces().contains("ipc") && ProcessCalls.geteuid() != 0) {
            throw new Failure(ExitCode.FAILURE, "restoring an IPC namespace needs root, and this process runs as uid " + ProcessCalls.geteuid(),
                    List.of("the image has one of its own, and its limits in /proc/sys/kernel are for root to write"), List.of("as root"),
                    new NotTheImagesFault("rights"));
        }
        Optional<TaskImage> filtered = Search.first(image.tasks(), TaskImage::isFiltered);
        if (filtered.isPresent() && StatusFile.read(ProcessCalls.getpid()).seccomp() != 0) {
            throw new Failure(ExitCode.FAILURE, "pid " + filtered.get().pid() + " (" + filtered.get().command() + ") had a seccomp filter, and thaw is under one here",
                    List.of("criu sets the filter and suspends it while it works on the process, which the kernel lets nobody do who is under one too"),
                    List.of("no filter for the container that restores it: seccompProfile: {type: Unconfined} in its pod, --security-opt seccomp=unconfined"),
                    new NotTheImagesFault("seccomp"));
        }
    }
}
