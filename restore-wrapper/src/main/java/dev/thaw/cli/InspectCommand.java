package dev.thaw.cli;

import dev.thaw.image.ImageException;
import dev.thaw.inspect.FilesText;
import dev.thaw.inspect.Inspection;
import dev.thaw.inspect.InspectionText;
import dev.thaw.inspect.Inspector;
import dev.thaw.inspect.Narrowing;
import dev.thaw.inspect.graph.Dot;
import dev.thaw.inspect.graph.Graph;
import dev.thaw.inspect.graph.Svg;
import dev.thaw.launcher.KernelJson;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.restore.Planning;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code thaw inspect}: what is in an image. Needs no root where the images are readable. */
@Command(name = "inspect", description = "Show what is in IMAGE: processes, descriptors, files, cgroups, and who is connected with whom.")
final class InspectCommand implements Callable<Integer> {
    private enum Format { TEXT, JSON, DOT, SVG }

    private static final int SHOWN = 5;

    private final Environment environment;

    @Option(names = "--process", paramLabel = "PID", description = "Only this process (repeat).")
    private List<Integer> processes = new ArrayList<>();

    @Option(names = "--descriptor", paramLabel = "[PID/]N", description = "Only descriptor N, of each process or of PID (repeat).")
    private List<String> descriptors = new ArrayList<>();

    @Option(names = "--files", description = "Each path that the image needs, who has it open and who maps it.")
    private boolean files;

    @Option(names = "--format", paramLabel = "text|json|dot|svg", defaultValue = "text",
            description = "How to print it; dot (for Graphviz) and svg are the graph of who is connected with whom. Default: text.")
    private String format;

    @Mixin
    private CommonOptions common;

    @Parameters(paramLabel = "IMAGE", description = "An image, one of its generations, or a bare CRIU images directory.")
    private String image;

    InspectCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        Format wanted = common.json() ? Format.JSON : PlanCommand.Choices.of(Format.class, "--format", format);
        Narrowing narrowing = new Narrowing(new HashSet<>(processes), descriptors.stream().map(InspectCommand::descriptor).toList());
        Inspection all = read(image);
        Inspection inspection = narrowing.of(all);
        if (inspection.processes().isEmpty()) {
            throw Failure.of(ExitCode.FAILURE, "nothing in " + image + " is what was asked for: " + narrowing.text(), "its processes are "
                    + some(all.processes().stream().map(process -> process.pid() + " (" + process.command() + ")").toList()), "thaw inspect " + image);
        }
        environment.out().print(text(inspection, wanted));
        return ExitCode.OK;
    }

    private String text(Inspection inspection, Format wanted) {
        switch (wanted) {
            case JSON:
                return KernelJson.pretty(inspection) + "\n";
            case DOT:
                return Dot.of(Graph.of(inspection));
            case SVG:
                return Svg.of(Graph.of(inspection));
            default:
                return files ? FilesText.of(inspection, environment.outColumns()) : InspectionText.of(inspection, environment.outColumns());
        }
    }

    private static String some(List<String> texts) {
        return String.join(", ", texts.subList(0, Math.min(SHOWN, texts.size()))) + (texts.size() > SHOWN ? " and " + (texts.size() - SHOWN) + " more" : "");
    }

    private static Narrowing.Descriptor descriptor(String text) {
        if (!text.matches("([1-9][0-9]{0,8}/)?[0-9]{1,9}")) {
            throw new Failure(ExitCode.USAGE, "--descriptor " + text + " is no descriptor", List.of("a descriptor is N, or PID/N"), List.of("thaw inspect --help"));
        }
        String[] numbers = text.split("/");
        return new Narrowing.Descriptor(numbers.length == 1 ? 0 : Integer.parseInt(numbers[0]), Integer.parseInt(numbers[numbers.length - 1]));
    }

    static Inspection read(String image) {
        try {
            return Inspector.read(image);
        } catch (ImageException e) {
            throw Planning.imageFailure(image, e);
        }
    }
}
