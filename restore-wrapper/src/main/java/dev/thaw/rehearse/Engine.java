package dev.thaw.rehearse;

import dev.thaw.inspect.Inspection;
import dev.thaw.linux.OwnedFd;
import dev.thaw.plan.RestoreOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** What takes an application off the machine and brings it back. */
interface Engine {
    /** For reports. */
    String name();

    /**
     * Afterwards nothing of the application runs.
     *
     * @throws dev.thaw.report.Failure when it cannot be done; the application runs on then
     */
    Dumped dump(int root, String image) throws InterruptedException;

    /**
     * @param names what {@code supplies} has
     * @param supplies opens a source by its name; the engine owns the result
     * @throws dev.thaw.report.Failure when it cannot be done; nothing of it runs then
     */
    Revived restore(String image, RestoreOptions options, Set<String> names, Function<String, OwnedFd> supplies);

    /** @param bytes of the images */
    record Dumped(Inspection inspection, long bytes, Duration elapsed) {}

    /**
     * What runs after a restore.
     *
     * @param root pid of the application; empty when only a stand-in ran, and has ended
     * @param tree as it was before its first instruction, where there is one
     * @param running the same a moment after
     * @param observations of the engine's own
     */
    record Revived(Optional<Integer> root, Optional<TreeView> tree, Optional<TreeView> running, List<Observation> observations, Duration elapsed) {}
}
