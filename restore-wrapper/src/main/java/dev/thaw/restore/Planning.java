package dev.thaw.restore;

import dev.thaw.compat.Comparison;
import dev.thaw.compat.Here;
import dev.thaw.compat.Mismatch;
import dev.thaw.compat.Surroundings;
import dev.thaw.criu.CriuVersion;
import dev.thaw.image.Generations;
import dev.thaw.image.ImageException;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.Manifest;
import dev.thaw.image.Quarantine;
import dev.thaw.image.ResolvedImage;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.plan.CgroupFiles;
import dev.thaw.plan.PlanProblem;
import dev.thaw.plan.PlanResult;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.plan.RestorePlan;
import dev.thaw.plan.RestorePlanner;
import dev.thaw.plan.Rule;
import dev.thaw.plan.Search;
import dev.thaw.plan.Selector;
import dev.thaw.plan.World;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * From an IMAGE on the command line to a plan: reads the image, looks at the world, decides. Changes nothing.
 *
 * @param world what the decision was made with
 * @param mismatches what is not as it was at the checkpoint; the fatal ones are among the problems of the result
 */
public record Planning(
        ResolvedImage resolved, ImageSnapshot image, Optional<Manifest> manifest, World world, List<Mismatch> mismatches, PlanResult result) {

    /**
     * What else the image is held against.
     *
     * @param criu that is to restore it, where it is known already
     * @param asked the command that the user wants, where there is one
     */
    public record Expectation(Optional<CriuVersion> criu, Optional<Here.Asked> asked) {
        public static final Expectation NONE = new Expectation(Optional.empty(), Optional.empty());
    }

    /**
     * @param closedStreams streams that the caller had closed
     * @param brokerNames names that the broker offers, where the options ask for it
     * @throws Failure with {@link ExitCode#IMAGE}
     */
    public static Planning of(String image, RestoreOptions given, Set<Integer> closedStreams, BrokerNames brokerNames) {
        return of(image, given, closedStreams, brokerNames, Expectation.NONE);
    }

    /** As above, and the image has to be what is expected. */
    public static Planning of(String image, RestoreOptions given, Set<Integer> closedStreams, BrokerNames brokerNames,
            Expectation expectation) {
        return of(image, ImageReading.read(image), WorldReader.ownCgroups(), given, closedStreams, brokerNames, expectation);
    }

    /**
     * As above, of an image that has been read.
     *
     * @param here of thaw itself
     */
    public static Planning of(String image, ImageReading.Image read, CgroupFiles.View here, RestoreOptions given, Set<Integer> closedStreams,
            BrokerNames brokerNames, Expectation expectation) {
        try {
            return of(read.resolved(), read.snapshot(), read.manifest(), here, Policies.withStored(given, read.resolved().generationDir()), closedStreams, brokerNames,
                    expectation);
        } catch (ImageException e) {
            throw imageFailure(image, e);
        }
    }

    /** Of a tree that was not dumped. @param manifest what a checkpoint of it would have recorded */
    public static Planning ofLiving(ImageSnapshot tree, Manifest manifest, RestoreOptions given, BrokerNames brokerNames) {
        return of(new ResolvedImage(Optional.empty(), tree.directory(), OptionalInt.empty(), true), tree, Optional.of(manifest), WorldReader.ownCgroups(), given, Set.of(), brokerNames,
                Expectation.NONE);
    }

    private static Planning of(ResolvedImage resolved, ImageSnapshot snapshot, Optional<Manifest> manifest, CgroupFiles.View here, RestoreOptions given,
            Set<Integer> closedStreams, BrokerNames brokerNames, Expectation expectation) {
        RestoreOptions options = given.plus(manifest.map(KeptDescriptors::rules).orElse(List.of())).plus(manifest.map(Planning::ofEnded).orElse(List.of()));
        Optional<CgroupFiles.View> recorded = manifest.map(entry -> new CgroupFiles.View(entry.cgroups(), entry.cgroupMounts()));
        World world = WorldReader.read(snapshot, recorded, here, options, closedStreams, brokerNames.ask(options, KeptDescriptors.socket(manifest)));
        List<Mismatch> mismatches = manifest.map(known -> Comparison.of(
                known, Surroundings.now(known, world.paths(), expectation.criu(), expectation.asked()), options.accepted())).orElse(List.of());
        PlanResult result = Fitness.judge(quarantined(resolved), RestorePlanner.plan(snapshot, recorded, world, options), mismatches);
        return new Planning(resolved, snapshot, manifest, world, mismatches, result);
    }

    /** Nobody had the other end of these any more: CRIU makes them again just so. */
    private static List<Rule> ofEnded(Manifest manifest) {
        return Search.mapped(Search.fitting(manifest.outside(), end -> end.access().equals(Manifest.OtherEnd.ENDED) && end.key().startsWith("pipe:")),
                end -> new Rule(Selector.parse(end.key()), new Rule.Action.Leave("its other end was pid " + end.pid() + "'s (" + end.command()
                        + "), which was ended before the dump"), "the checkpoint", false));
    }

    /** Newer generations that are passed over. */
    private static List<String> quarantined(ResolvedImage resolved) {
        if (resolved.imageRoot().isEmpty() || resolved.number().isEmpty()) {
            return List.of();
        }
        return Search.mapped(Search.fitting(Generations.list(resolved.imageRoot().get()),
                        generation -> generation.quarantined() && generation.number() >= resolved.number().getAsInt()),
                generation -> "generation " + Generations.directoryName(generation.number()) + " is quarantined: "
                        + Quarantine.read(generation.directory()).map(Quarantine::reason).orElse(""));
    }

    private static boolean isDirectory(String path) {
        try {
            return FileCalls.statIfExists(path).filter(FileStatus::isDirectory).isPresent();
        } catch (LinuxException cannotBeReached) {
            return false;
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
                Optional<String> older = Generations.older(image).map(one -> "an older generation: " + KernelString.printable(one.directory()));
                if (older.isPresent()) {
                    tries.add(older.get());
                } else if (!isDirectory(image)) {
                    tries.add("the directory that thaw checkpoint wrote");
                } else if (e.kind() == ImageException.Kind.CORRUPT) {
                    tries.add("a copy of it that is whole, or a new checkpoint: there is no older generation");
                }
                break;
        }
        return new Failure(ExitCode.IMAGE, "the image cannot be used: " + KernelString.printable(image), List.of(e.getMessage()), tries, e);
    }

    /**
     * The plan, or all its problems as one failure.
     *
     * @throws Failure with {@link ExitCode#PLAN}, or {@link ExitCode#SOURCE} when nothing else is wrong than that sources are not there
     */
    public RestorePlan ready() {
        if (result instanceof PlanResult.Ready ready) {
            return ready.plan();
        }
        throw rejected(((PlanResult.Rejected) result).problems());
    }

    private static Failure rejected(List<PlanProblem> problems) {
        int code = problems.stream().allMatch(PlanProblem::unavailable) ? ExitCode.SOURCE : ExitCode.PLAN;
        if (problems.size() == 1) {
            return new Failure(code, problems.get(0).what(), problems.get(0).because(), problems.get(0).tries());
        }
        List<Failure> findings = problems.stream()
                .map(problem -> new Failure(code, problem.what(), problem.because(), problem.tries())).toList();
        return Failure.all(code, "the plan was rejected: " + problems.size() + " problems",
                List.of("criu was not started, nothing was touched"), findings);
    }
}
