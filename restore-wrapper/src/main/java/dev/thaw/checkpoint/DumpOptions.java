package dev.thaw.checkpoint;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a user says about how to dump, and what this machine has for it.
 *
 * @param tcp what becomes of TCP connections; empty when the user did not say
 * @param lock how established connections are kept quiet while they are dumped
 * @param criuOptions of {@code --criu-option}, given to criu as they are
 */
public record DumpOptions(boolean leaveRunning, Optional<Tcp> tcp, NetworkLock lock, Intruders intruders, List<String> criuOptions) {
    /** {@code --tcp}. */
    public enum Tcp {
        /** Restored as connected: needs the same addresses, and a peer that still waits. */
        ESTABLISHED,
        /** Restored as closed: the application sees a broken connection. */
        CLOSE
    }

    /** {@code --network-lock}. */
    public enum NetworkLock { NFTABLES, IPTABLES, SKIP }

    /** {@code --intruders}. */
    public enum Intruders { FAIL, END, IGNORE }

    public DumpOptions {
        Objects.requireNonNull(lock, "lock is null");
        Objects.requireNonNull(intruders, "intruders is null");
        criuOptions = List.copyOf(criuOptions);
    }

    /** Whether the user has told criu itself what to do with connections. */
    boolean decidesTcpItself() {
        return criuOptions.contains("--tcp-established") || criuOptions.contains("--tcp-close");
    }
}
