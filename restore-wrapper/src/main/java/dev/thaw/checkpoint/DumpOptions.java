package dev.thaw.checkpoint;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What a user says about how to dump, and what this machine has for it.
 *
 * @param tcp what becomes of TCP connections; empty when the user did not say
 * @param lock how connections are kept quiet while they are dumped; only asked for where {@link CheckpointPlanner#needsNetworkLock} says so
 * @param criuOptions of {@code --criu-option}, given to criu as they are
 * @param kept keys ({@code socket:[4711]}) of what the broker keeps too: who waits at such a listener goes on waiting
 */
public record DumpOptions(boolean leaveRunning, Optional<Tcp> tcp, NetworkLock lock, Intruders intruders, List<String> criuOptions, Set<String> kept) {
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
        kept = Set.copyOf(kept);
    }

    /** With nothing kept by the broker. */
    public DumpOptions(boolean leaveRunning, Optional<Tcp> tcp, NetworkLock lock, Intruders intruders, List<String> criuOptions) {
        this(leaveRunning, tcp, lock, intruders, criuOptions, Set.of());
    }

    DumpOptions keeping(Set<String> keys) {
        return new DumpOptions(leaveRunning, tcp, lock, intruders, criuOptions, keys);
    }

    DumpOptions with(NetworkLock available) {
        return new DumpOptions(leaveRunning, tcp, available, intruders, criuOptions, kept);
    }

    /** Whether the user has told criu itself what to do with connections. */
    boolean decidesTcpItself() {
        return criuOptions.contains("--tcp-established") || criuOptions.contains("--tcp-close");
    }
}
