package dev.thaw.criu;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import java.nio.charset.StandardCharsets;

/**
 * An action script for criu that makes it wait, at one step, for thaw's word: when the images of a dump are written and the tree still
 * stands frozen, or when a tree is restored and has not run yet. Any answer but {@link #GO}, and thaw's death too, counts as no: criu then
 * lets a dumped tree run on, and ends a restored one.
 *
 * <p>criu starts action scripts with all descriptors above 2 closed, so the script takes its pipes from criu itself, beside the images
 * directory that criu names for scripts: /proc/PID/fd/N. The script's parent pid would not do; where criu restores into a pid namespace from
 * outside, its scripts run in there. It lies in a memfd: a temporary directory may be mounted noexec, and nothing has to be removed.
 */
public final class HoldScript implements AutoCloseable {
    /** The answer that lets criu go on. */
    public static final String GO = "go\n";
    /** Any other one. */
    public static final String STOP = "stop\n";

    private final OwnedFd file;

    private HoldScript(OwnedFd file) {
        this.file = file;
    }

    /**
     * @param action of criu at which it waits: post-dump, post-restore
     * @param says number in criu of the pipe on which the script says that criu waits, with the root's pid where there is one yet
     * @param hears number in criu of the pipe on which the script hears the answer
     */
    public static HoldScript at(String action, int says, int hears) {
        // Put together by hand: a Formatter and its locale data take milliseconds of a restore.
        String text = "#!/bin/sh\n"
                + "[ \"$CRTOOLS_SCRIPT_ACTION\" = " + action + " ] || exit 0\n"
                + "echo \"held $CRTOOLS_INIT_PID\" >\"${CRTOOLS_IMAGE_DIR%/*}/" + says + "\"\n"
                + "read -r answer <\"${CRTOOLS_IMAGE_DIR%/*}/" + hears + "\" && [ \"$answer\" = go ]\n";
        try (OwnedFd written = FdCalls.memfdCreate("thaw-hold", 0)) {
            FileCalls.writeFully(written.number(), text.getBytes(StandardCharsets.US_ASCII));
            FileCalls.fchmod(written.number(), 0500);
            // Kernels refuse to execute what is open for writing (ETXTBSY).
            return new HoldScript(FileCalls.open("/proc/self/fd/" + written.number(), OpenFlags.O_RDONLY));
        }
    }

    /** For criu, as long as this is open. */
    public String path() {
        return "/proc/" + ProcessCalls.getpid() + "/fd/" + file.number();
    }

    /** For a criu that does not see our /proc and is given the script as a descriptor. */
    public static String path(int criuPid, int numberInCriu) {
        return "/proc/" + criuPid + "/fd/" + numberInCriu;
    }

    /** The descriptor of the script; stays owned here. */
    public int number() {
        return file.number();
    }

    /**
     * False where the machine forbids to execute memfds (sysctl vm.memfd_noexec), and for a criu with capabilities of its own: the kernel shows
     * its descriptors to nobody who has fewer.
     *
     * @param criu path of the program
     */
    public boolean isUsable(String criu) {
        return FileCalls.isExecutable(path()) && (CriuPrivileges.effective(criu) & ~ProcessCalls.capabilitiesEffective()) == 0;
    }

    @Override
    public void close() {
        file.close();
    }
}
