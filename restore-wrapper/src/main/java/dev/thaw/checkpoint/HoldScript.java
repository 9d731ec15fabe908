package dev.thaw.checkpoint;

import dev.thaw.linux.FdCalls;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import java.nio.charset.StandardCharsets;

/**
 * Makes criu wait, when the images are written and the tree still stands frozen, for thaw's word whether to end the tree. Any other
 * answer, and thaw's death too, makes criu let the tree run on.
 *
 * <p>criu starts action scripts with all descriptors above 2 closed, so the script takes its pipes from criu itself, its parent. It lies in
 * a memfd: a temporary directory may be mounted noexec, and nothing has to be removed.
 */
final class HoldScript implements AutoCloseable {
    /** In criu: what the script says. */
    static final int SAYS = 8;
    /** In criu: what the script hears. */
    static final int HEARS = 9;
    static final String KEEP = "keep\n";
    static final String DROP = "drop\n";

    private static final String TEXT = """
            #!/bin/sh
            [ "$CRTOOLS_SCRIPT_ACTION" = post-dump ] || exit 0
            echo dumped >/proc/$PPID/fd/%d
            read -r answer </proc/$PPID/fd/%d && [ "$answer" = keep ]
            """.formatted(SAYS, HEARS);

    private final OwnedFd file;

    private HoldScript(OwnedFd file) {
        this.file = file;
    }

    static HoldScript create() {
        try (OwnedFd written = FdCalls.memfdCreate("thaw-hold", 0)) {
            FileCalls.writeFully(written.number(), TEXT.getBytes(StandardCharsets.US_ASCII));
            FileCalls.fchmod(written.number(), 0500);
            // Kernels refuse to execute what is open for writing (ETXTBSY).
            return new HoldScript(FileCalls.open("/proc/self/fd/" + written.number(), OpenFlags.O_RDONLY));
        }
    }

    /** For criu, as long as this is open. */
    String path() {
        return "/proc/" + ProcessCalls.getpid() + "/fd/" + file.number();
    }

    /** False where the machine forbids to execute memfds (sysctl vm.memfd_noexec). */
    boolean isUsable() {
        return FileCalls.isExecutable(path());
    }

    @Override
    public void close() {
        file.close();
    }
}
