package dev.thaw.fdbroker.server;

import dev.thaw.fdbroker.broker.FdName;
import dev.thaw.fdbroker.broker.Holding;
import dev.thaw.linux.OwnedFd;

/**
 * A descriptor that is kept.
 *
 * @param id never used twice, not even after a restart
 */
public record HeldFd(long id, Holding holding, OwnedFd fd) {
    public FdName name() {
        return holding.name();
    }
}
