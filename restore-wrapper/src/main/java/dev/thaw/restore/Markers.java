package dev.thaw.restore;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.plan.Handover;
import dev.thaw.plan.RestorePlan;
import dev.thaw.plan.Use;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** {@code --marker N=TEXT}: a line that tells where in a stream the application goes on. Written before any of its processes runs. */
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

    static void write(Map<Integer, String> markers, RestorePlan plan, OpenedHandovers opened) {
        markers.forEach((descriptor, text) -> {
            Handover handover = find(descriptor, plan).orElseThrow();
            try {
                FileCalls.writeFully(opened.number(handover), KernelString.encode(text + "\n"));
            } catch (LinuxException e) {
                throw new Failure(ExitCode.SOURCE, "--marker " + descriptor + " could not be written to " + handover.opening().text(),
                        List.of(e.getMessage()), List.of("without --marker"), e);
            }
        });
    }

    private static Optional<Handover> find(int descriptor, RestorePlan plan) {
        return plan.handovers().stream().filter(handover -> handover.uses().stream().anyMatch(use -> use.kind() == Use.Kind.DESCRIPTOR
                && use.fd() == descriptor && use.pids().contains(plan.rootPid()))).findFirst();
    }
}
