package dev.thaw.launcher;

import dev.thaw.fdbroker.SourceOpener;
import dev.thaw.fdbroker.SourceUnavailable;

/** Does what a {@link SpawnPlan} says: first everything that may take time or fail, then the start itself. */
public final class Launcher {
    private final SourceOpener opener;

    public Launcher(SourceOpener opener) {
        this.opener = opener;
    }

    /**
     * Opens all descriptors.
     *
     * @param name for the record, or empty
     * @throws SourceUnavailable when one cannot be had
     */
    public PreparedLaunch prepare(SpawnPlan plan, String name) {
        return new PreparedLaunch(plan, name, OpenSupplies.open(opener, plan.supplies()));
    }
}
