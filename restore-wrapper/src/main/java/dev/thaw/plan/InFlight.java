package dev.thaw.plan;

import dev.thaw.image.FileImage;
import dev.thaw.linux.KernelString;
import java.util.List;

/**
 * Descriptors in messages that nobody had received at the dump (SCM_RIGHTS). They have no number yet, so only CRIU can put them back, and
 * nothing can take their place.
 */
final class InFlight {
    private InFlight() {}

    /** Problems of those that CRIU could not open, or would open on to nothing without a word. */
    static void check(PlanInput input, World world, List<PlanProblem> problems) {
        for (FileImage file : input.image().files().values()) {
            if (!input.image().filesInFlight().contains(file.id().id())) {
                continue;
            }
            if (file instanceof FileImage.RegularFile regular && regular.path().startsWith("/") && regular.remap().isEmpty()
                    && !(FileState.of(regular, world.at(regular.path())) instanceof FileState.Fits)) {
                problems.add(problem(KernelString.printable(regular.path()), FileState.of(regular, world.at(regular.path())).text(),
                        "put the file back as it was"));
            } else if (file instanceof FileImage.PipeEnd pipe && input.topology().isExternal(pipe)) {
                problems.add(problem("pipe:[" + pipe.pipeId() + "]", "its other end was outside the dumped tree and is gone",
                        "checkpoint again when the application has received it"));
            }
        }
    }

    private static PlanProblem problem(String what, String because, String toTry) {
        return new PlanProblem("a descriptor of " + what + " is in flight: it was sent over a socket and not received yet",
                List.of(because, "nothing can be handed over in its place, for it has no number"), List.of(toTry));
    }
}
