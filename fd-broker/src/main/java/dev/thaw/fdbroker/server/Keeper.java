package dev.thaw.fdbroker.server;

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

    /** Whether what is stored now outlives this process. */
    default boolean outlivesThisProcess() {
        return false;
    }
}
