package dev.thaw.restore;

import dev.thaw.pidns.NamespacePids;
import dev.thaw.pidns.PidNamespace;
import dev.thaw.plan.RestorePlan;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;

/** Where criu runs, and who ends it there with all that it has made when thaw is killed meanwhile. */
abstract class Surety implements AutoCloseable {

    /** Our own pid namespace, with a process that looks after it. */
    static Surety here(WorkDirectory work, List<Integer> numbers) {
        return new Watched(RestoreWatch.start(work, numbers));
    }

    /**
     * A fresh namespace, which ends with thaw.
     *
     * @throws Failure when it cannot be made, or the image has no place in there
     */
    static Surety inNamespace(List<Integer> numbers) {
        if (numbers.contains(1)) {
            throw Failure.of(ExitCode.PLAN, "the image needs pid 1, which in a pid namespace is its first process's",
                    "it was dumped from a pid namespace of its own, and criu makes one again", "without --pid-namespace");
        }
        return new Contained(PidNamespace.create(LastPid.inNamespace(numbers)));
    }

    /** Processes of ours that are not to be ended with what is half restored. */
    abstract Set<Integer> helpers();

    abstract int start(Supplier<Integer> spawn);

    /** The pid that criu is going to have, as it sees itself, when it does not see our /proc. */
    abstract OptionalInt criuPid();

    /** The pid of the root with us, as long as it is not there yet; empty when that cannot be known. */
    abstract OptionalInt rootPid(RestorePlan plan);

    /**
     * Pids of the image → ours; one that has ended since has no number with us, and 0 is nobody's.
     *
     * @param reported the root's pid as criu gave it
     */
    abstract IntUnaryOperator realPids(RestorePlan plan, int reported);

    /** The tree stays, whatever becomes of thaw. */
    abstract Optional<PidNamespace> succeed(int rootPid);

    @Override
    public abstract void close();

    private static final class Watched extends Surety {
        private final RestoreWatch watch;

        private Watched(RestoreWatch watch) {
            this.watch = watch;
        }

        @Override
        Set<Integer> helpers() {
            return Set.of(watch.pid());
        }

        @Override
        int start(Supplier<Integer> spawn) {
            int criu = spawn.get();
            watch.criu(criu);
            return criu;
        }

        @Override
        OptionalInt criuPid() {
            return OptionalInt.empty();
        }

        @Override
        OptionalInt rootPid(RestorePlan plan) {
            return OptionalInt.of(plan.rootPid());
        }

        @Override
        IntUnaryOperator realPids(RestorePlan plan, int reported) {
            if (reported == plan.rootPid()) {
                return pid -> pid;
            }
            // The image brought a pid namespace of its own.
            NamespacePids pids = NamespacePids.with(reported);
            return pid -> pid == plan.rootPid() ? reported : pids.outer(pid).orElse(0);
        }

        @Override
        Optional<PidNamespace> succeed(int rootPid) {
            return Optional.empty();
        }

        @Override
        public void close() {
            watch.close();
        }
    }

    private static final class Contained extends Surety {
        private final PidNamespace namespace;
        private boolean stays;

        private Contained(PidNamespace namespace) {
            this.namespace = namespace;
        }

        @Override
        Set<Integer> helpers() {
            return Set.of();
        }

        @Override
        int start(Supplier<Integer> spawn) {
            return namespace.call(spawn);
        }

        @Override
        OptionalInt criuPid() {
            return OptionalInt.of(namespace.nextPid());
        }

        @Override
        OptionalInt rootPid(RestorePlan plan) {
            return OptionalInt.empty();
        }

        @Override
        IntUnaryOperator realPids(RestorePlan plan, int reported) {
            NamespacePids pids = namespace.pids();
            return pid -> pids.outer(pid).orElse(0);
        }

        @Override
        Optional<PidNamespace> succeed(int rootPid) {
            namespace.liveWith(rootPid);
            stays = true;
            return Optional.of(namespace);
        }

        @Override
        public void close() {
            if (!stays) {
                namespace.close();
            }
        }
    }
}
