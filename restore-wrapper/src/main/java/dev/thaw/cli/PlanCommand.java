package dev.thaw.cli;

import dev.thaw.compile.CompiledPlan;
import dev.thaw.compile.OwnCgroup;
import dev.thaw.compile.RestoreProgram;
import dev.thaw.compile.ServiceUnit;
import dev.thaw.criu.CriuBinary;
import dev.thaw.criu.CriuCommandLine;
import dev.thaw.criu.CriuLocator;
import dev.thaw.launcher.Caller;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.plan.PlanResult;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.plan.RestorePlan;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.restore.PlanCompiler;
import dev.thaw.restore.Planning;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code thaw plan}: what restore would do, without doing it. Needs no root where the images are readable. */
@Command(name = "plan", description = "Print what restore would do with IMAGE here and now, without doing it.")
final class PlanCommand implements Callable<Integer> {
    /** Output of {@code thaw plan}. */
    enum Format { TABLE, JSON, CRIU, SH, SYSTEMD }

    private final Environment environment;

    @Mixin
    private CommonOptions common;

    @Mixin
    private SourceOptions sources;

    @Option(names = "--format", paramLabel = "table|json|criu|sh|systemd", defaultValue = "table",
            description = "How to print it: a table, JSON, the command line for criu, the program that restore takes by itself, or a service of systemd "
                    + "that needs no thaw. Default: table.")
    private String format;

    @Option(names = "--explain", description = "Say for each descriptor which rule decided, and why this way.")
    private boolean explain;

    @Parameters(paramLabel = "IMAGE", description = "An image, one of its generations, or a bare CRIU images directory.")
    private String image;

    PlanCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        Format wanted = common.json() ? Format.JSON : Choices.of(Format.class, "--format", format);
        Planning planning = Planning.of(image, sources.toRestoreOptions(), Caller.closedStreams(environment.environment()),
                Brokers.names(sources.broker()));
        if (wanted == Format.JSON && planning.result() instanceof PlanResult.Rejected rejected) {
            environment.out().print(PlanPrinter.rejectedJson(rejected.problems()));
            return ExitCode.PLAN;
        }
        if (wanted == Format.SYSTEMD) {
            // Whether there is a plan for the shell that we were called from does not matter: its cgroup and its streams are not the service's.
            environment.out().print(unit(compiled(planning)));
            return ExitCode.OK;
        }
        RestorePlan plan = planning.ready();
        if (wanted == Format.SH) {
            environment.out().print(RestoreProgram.text(compiled(planning)));
            return ExitCode.OK;
        }
        List<String> criu = CriuCommandLine.restore("criu", plan.overlay().isPresent() ? "OVERLAY" : plan.imagesDirectory(), "WORK", plan);
        switch (wanted) {
            case JSON:
                environment.out().print(PlanPrinter.json(plan, criu));
                break;
            case CRIU:
                environment.out().print(PlanPrinter.shellLine(criu));
                break;
            default:
                environment.out().print(PlanPrinter.table(plan, explain));
                break;
        }
        return ExitCode.OK;
    }

    private CompiledPlan compiled(Planning planning) {
        CriuBinary criu = CriuLocator.of(environment.environment()).find(common.criu().orElse("")).orFailure();
        PlanCompiler.Compiled compiled = sources.toRestoreOptions().equals(RestoreOptions.automatic()) ? PlanCompiler.compile(planning, criu)
                : new PlanCompiler.Compiled("it is not one of a restore with default options");
        return compiled.plan().orElseThrow(() -> Failure.of(ExitCode.PLAN, "this plan cannot be a program", compiled.because(),
                "thaw restore, which carries it out all the same"));
    }

    private static String unit(CompiledPlan plan) {
        ServiceUnit unit = ServiceUnit.of(plan).orElseThrow(() -> Failure.of(ExitCode.PLAN, "this plan cannot be a unit",
                plan.cgroup().isPresent() && plan.variants().stream().noneMatch(variant -> variant.streams().endsWith(OwnCgroup.GONE))
                        ? "a file of the image lies in a cgroup, and is not one that a shell can open in the cgroup of the service"
                        : "it needs other streams than a service has: /dev/null, and one socket of the journal",
                "a service whose ExecStart= is thaw restore"));
        boolean there = unit.imagesDirectory().equals(plan.generation()) || FileCalls.statIfExists(unit.imagesDirectory()).isPresent() && wasWritten(plan);
        if (!there) {
            throw Failure.of(ExitCode.PLAN, "this plan cannot be a unit", "it needs changed descriptor tables, and no checkpoint has left them in "
                    + KernelString.printable(plan.directory()), "a service whose ExecStart= is thaw restore");
        }
        return unit.text();
    }

    /** Whether what lies beside the images was written for this very plan. */
    private static boolean wasWritten(CompiledPlan plan) {
        String program = plan.generation() + "/" + CompiledPlan.PROGRAM;
        return FileCalls.statIfExists(program).isPresent() && KernelString.decode(FileCalls.readAll(program)).equals(RestoreProgram.text(plan));
    }

    /** Reads a word into a constant, for options with few values. */
    static final class Choices {
        private Choices() {}

        static <E extends Enum<E>> E of(Class<E> type, String option, String text) {
            for (E constant : type.getEnumConstants()) {
                if (word(constant).equals(text)) {
                    return constant;
                }
            }
            throw new Failure(ExitCode.USAGE, option + ": '" + text + "' is none of its values", List.of(),
                    List.of(Stream.of(type.getEnumConstants()).map(Choices::word).collect(Collectors.joining(", "))));
        }

        private static String word(Enum<?> constant) {
            return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }
}
