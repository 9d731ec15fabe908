package dev.thaw.fdbroker.server;

import dev.thaw.linux.OwnedFd;
import java.util.Optional;

/** Somebody who keeps the same descriptors as well, so that they outlive this process. */
public interface Keeper {
    /** Nobody. */
    Keeper NONE = new Keeper() {
    };

    /** To be kept as well. */
    default void added(HeldFd held) {
    }

    /** No longer to be kept. */
    default void removed(HeldFd held) {
    }

    /** The record of it all, for a successor; stays the keeper's. */
    default Optional<OwnedFd> index() {
        return Optional.empty();
    }

    /** Whether what is stored now outlives this process. */
    default boolean outlivesThisProcess() {
        return false;
    }
}
