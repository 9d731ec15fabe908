package dev.thaw.restore;

import dev.thaw.plan.Handover;
import dev.thaw.plan.RestorePlan;
import dev.thaw.plan.Use;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** {@code --marker N=TEXT}: a line that tells where in a stream the application goes on. {@link Contents} writes it. */
public final class Markers {
    private Markers() {}

    /** @throws Failure with {@link ExitCode#PLAN} when a descriptor is not handed over, so that there is nothing of ours to write to */
    public static void check(Set<Integer> descriptors, RestorePlan plan) {
        for (int descriptor : descriptors) {
            if (find(descriptor, plan).isEmpty()) {
                throw new Failure(ExitCode.PLAN, "--marker " + descriptor + ": fd " + descriptor + " of pid " + plan.rootPid()
                        + " is not handed over by thaw", List.of("CRIU opens it by itself, or it is closed"),
                        List.of("--map fd:" + descriptor + "=original, which hands over a file"));
            }
        }
    }

    /** The handover that descriptor {@code descriptor} of the root gets. */
    static Optional<Handover> find(int descriptor, RestorePlan plan) {
        return plan.handovers().stream().filter(handover -> handover.uses().stream().anyMatch(use -> use.kind() == Use.Kind.DESCRIPTOR
                && use.fd() == descriptor && use.pids().contains(plan.rootPid()))).findFirst();
    }
}
