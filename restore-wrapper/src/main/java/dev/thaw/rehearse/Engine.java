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
    /** For reports: {@code criu} or {@code rehearse}. */
    String name();

    /** Whether it dumps and restores memory; with one that does not, each cycle begins with a start of the command. */
    boolean restoresMemory();

    /**
     * Afterwards nothing of the application runs.
     *
     * @param image where images are written, by an engine that does
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

    /**
     * @param bytes of the images
     * @param sharingKnown whether {@code inspection} knows which descriptors are one open file description
     * @param observations of the dump
     */
    record Dumped(Inspection inspection, long bytes, Duration elapsed, boolean sharingKnown, List<Observation> observations) {}

    /**
     * What runs after a restore.
     *
     * @param root pid of the application; empty when only a stand-in ran, and has ended
     * @param before what of the dumped tree can be compared
     * @param tree as it was before its first instruction
     * @param running the same a moment after; empty when nothing runs
     * @param observations of the restore; what is compared in {@code tree} is not among them
     */
    record Revived(Optional<Integer> root, TreeView before, TreeView tree, Optional<TreeView> running, List<Observation> observations, Duration elapsed) {}
}
