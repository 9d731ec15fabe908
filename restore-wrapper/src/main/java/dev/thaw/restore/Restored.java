package dev.thaw.restore;

import dev.thaw.pidns.PidNamespace;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** A restored tree. */
public final class Restored {
    private final int rootPid;
    private final Duration criuTime;
    private final Set<Integer> known;
    private final Optional<PidNamespace> namespace;

    Restored(int rootPid, Duration criuTime, Set<Integer> known, Optional<PidNamespace> namespace) {
        this.rootPid = rootPid;
        this.criuTime = criuTime;
        this.known = Set.copyOf(known);
        this.namespace = namespace;
    }

    /** Our child. */
    public int rootPid() {
        return rootPid;
    }

    /** From the start of criu until it ended. */
    public Duration criuTime() {
        return criuTime;
    }

    /** Ends what runs of it, after a failure. */
    public void end() {
        HalfRestored.end(known);
        endNamespace();
    }

    /** To be called when the application has ended: what it left running in a namespace of its own ends as well. */
    public void endNamespace() {
        namespace.ifPresent(PidNamespace::close);
    }
}
