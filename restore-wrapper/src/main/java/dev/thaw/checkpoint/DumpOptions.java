package dev.thaw.checkpoint;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a user says about how to dump, and what this machine has for it.
 *
 * @param tcp what becomes of TCP connections; empty when the user did not say
 * @param lock how connections are kept quiet while they are dumped; only asked for where {@link CheckpointPlanner#needsNetworkLock} says so
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

    DumpOptions with(NetworkLock available) {
        return new DumpOptions(leaveRunning, tcp, available, intruders, criuOptions);
    }

    /** Whether the user has told criu itself what to do with connections. */
    boolean decidesTcpItself() {
        return criuOptions.contains("--tcp-established") || criuOptions.contains("--tcp-close");
    }
}
