package dev.thaw.restore;

import dev.thaw.image.Generations;
import dev.thaw.image.ImageException;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.ImagesDirectory;
import dev.thaw.image.Manifest;
import dev.thaw.image.ResolvedImage;
import dev.thaw.linux.KernelString;
import dev.thaw.plan.CgroupFiles;
import dev.thaw.plan.PlanProblem;
import dev.thaw.plan.PlanResult;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.plan.RestorePlan;
import dev.thaw.plan.RestorePlanner;
import dev.thaw.plan.World;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * From an IMAGE on the command line to a plan: reads the image, looks at the world, decides. Changes nothing.
 *
 * @param world what the decision was made with
 */
public record Planning(ResolvedImage resolved, ImageSnapshot image, Optional<Manifest> manifest, World world, PlanResult result) {

    /**
     * @param closedStreams streams that the caller had closed
     * @param brokerNames names that the broker offers, where the options ask for it
     * @throws Failure with {@link ExitCode#IMAGE}
     */
    public static Planning of(String image, RestoreOptions given, Set<Integer> closedStreams, Optional<Set<String>> brokerNames) {
        try {
            ResolvedImage resolved = Generations.resolve(image);
            RestoreOptions options = Policies.withStored(given, resolved.generationDir());
            ImageSnapshot snapshot = ImagesDirectory.read(resolved.generationDir());
            Optional<Manifest> manifest = Manifest.read(resolved.generationDir());
            Optional<CgroupFiles.View> recorded = manifest.map(entry -> new CgroupFiles.View(entry.cgroups(), entry.cgroupMounts()));
            World world = WorldReader.read(snapshot, recorded, options, closedStreams, brokerNames);
            return new Planning(resolved, snapshot, manifest, world, RestorePlanner.plan(snapshot, recorded, world, options));
        } catch (ImageException e) {
            throw imageFailure(image, e);
        }
    }

    /** What is wrong with an image, for the user. */
    public static Failure imageFailure(String image, ImageException e) {
        List<String> tries = new ArrayList<>();
        switch (e.kind()) {
            case MISSING:
            case INCOMPLETE:
                tries.add("thaw checkpoint PID " + KernelString.printable(image) + " writes one");
                break;
            case UNSUPPORTED:
                tries.add("the thaw and criu that wrote it, or newer ones");
                break;
            case UNREADABLE:
                tries.add("as the user who owns it, or as root");
                break;
            default:
                tries.add("an older generation: ls " + KernelString.printable(image));
                break;
        }
        return new Failure(ExitCode.IMAGE, "the image cannot be used: " + KernelString.printable(image), List.of(e.getMessage()), tries, e);
    }

    /**
     * The plan, or all its problems as one failure.
     *
     * @throws Failure with {@link ExitCode#PLAN}
     */
    public RestorePlan ready() {
        if (result instanceof PlanResult.Ready ready) {
            return ready.plan();
        }
        throw rejected(((PlanResult.Rejected) result).problems());
    }

    private static Failure rejected(List<PlanProblem> problems) {
        if (problems.size() == 1) {
            return new Failure(ExitCode.PLAN, problems.get(0).what(), problems.get(0).because(), problems.get(0).tries());
        }
        List<Failure> findings = problems.stream()
                .map(problem -> new Failure(ExitCode.PLAN, problem.what(), problem.because(), problem.tries())).toList();
        return Failure.all(ExitCode.PLAN, "the plan was rejected: " + problems.size() + " problems",
                List.of("criu was not started, nothing was touched"), findings);
    }
}
