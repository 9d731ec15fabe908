package dev.thaw.cli;

import dev.thaw.inspect.Difference;
import dev.thaw.inspect.DifferenceText;
import dev.thaw.launcher.KernelJson;
import dev.thaw.report.ExitCode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code thaw diff}: what changed between two checkpoints. */
@Command(name = "diff",
        description = {"Show what is different between two checkpoints: processes, descriptors, files, cgroups, memory.",
            "Exit code 0: nothing but memory is; 1: something is."})
final class DiffCommand implements Callable<Integer> {
    private final Environment environment;

    @Mixin
    private CommonOptions common;

    @Parameters(index = "0", paramLabel = "BEFORE", description = "An image, one of its generations, or a bare CRIU images directory.")
    private String before;

    @Parameters(index = "1", paramLabel = "AFTER", description = "The same, of another time.")
    private String after;

    DiffCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        Difference difference = Difference.of(InspectCommand.read(before), InspectCommand.read(after));
        environment.out().print(common.json() ? KernelJson.pretty(difference) + "\n" : DifferenceText.of(difference));
        return difference.isEmpty() ? ExitCode.OK : ExitCode.NEGATIVE;
    }
}
