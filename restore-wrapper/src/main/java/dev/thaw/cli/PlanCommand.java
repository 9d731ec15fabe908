package dev.thaw.cli;

import dev.thaw.compile.RestoreProgram;
import dev.thaw.criu.CriuBinary;
import dev.thaw.criu.CriuCommandLine;
import dev.thaw.criu.CriuLocator;
import dev.thaw.launcher.Caller;
import dev.thaw.plan.PlanResult;
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
    enum Format { TABLE, JSON, CRIU, SH }

    private final Environment environment;

    @Mixin
    private CommonOptions common;

    @Mixin
    private SourceOptions sources;

    @Option(names = "--format", paramLabel = "table|json|criu|sh", defaultValue = "table",
            description = "How to print it: a table, JSON, the command line for criu, or the program that restore takes by itself. Default: table.")
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
        RestorePlan plan = planning.ready();
        if (wanted == Format.SH) {
            environment.out().print(program(planning));
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

    private String program(Planning planning) {
        CriuBinary criu = CriuLocator.of(environment.environment()).find(common.criu().orElse("")).orFailure();
        return PlanCompiler.compile(planning, criu).map(RestoreProgram::text).orElseThrow(() -> Failure.of(ExitCode.PLAN,
                "this plan cannot be a program", "a shell has no words for a descriptor of it, or it is not one of a restore by root with default options",
                "thaw restore, which carries it out all the same"));
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
