package dev.thaw.criu;

import dev.thaw.linux.Capabilities;
import dev.thaw.linux.FileCapabilities;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.linux.proc.StatusFile;
import dev.thaw.linux.proc.UserNamespace;

/** What a criu that this process starts may do. */
public final class CriuPrivileges {
    private CriuPrivileges() {}

    /** Whether criu has to be told {@code --unprivileged}: it takes for granted what root of the machine alone may do. */
    public static boolean areLimited() {
        return ProcessCalls.geteuid() != 0 || !UserNamespace.isInitial();
    }

    /** Without one of these criu says no to everything, and so nothing can be found out about it. */
    public static boolean suffice(long capabilities) {
        return Capabilities.contains(capabilities, Capabilities.CHECKPOINT_RESTORE) || Capabilities.contains(capabilities, Capabilities.SYS_ADMIN);
    }

    /**
     * Capabilities, bit n for capability n: those of this process, and those that the program has itself.
     *
     * @param criu path of the program
     */
    public static long effective(String criu) {
        long own = FileCapabilities.effective(criu);
        boolean gained = own != 0 && !StatusFile.read(ProcessCalls.getpid()).field("NoNewPrivs").equals("1");
        return ProcessCalls.capabilitiesEffective() | (gained ? own : 0);
    }
}
