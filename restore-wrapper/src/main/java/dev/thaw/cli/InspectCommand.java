package dev.thaw.cli;

import dev.thaw.image.Generations;
import dev.thaw.image.ImageException;
import dev.thaw.image.ImagesDirectory;
import dev.thaw.image.Manifest;
import dev.thaw.image.ResolvedImage;
import dev.thaw.inspect.Inspection;
import dev.thaw.inspect.InspectionText;
import dev.thaw.inspect.Inspector;
import dev.thaw.inspect.Quarantines;
import dev.thaw.launcher.KernelJson;
import dev.thaw.report.ExitCode;
import dev.thaw.restore.Planning;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code thaw inspect}: what is in an image. Needs no root where the images are readable. */
@Command(name = "inspect", description = "Show what is in IMAGE: processes, descriptors, files, cgroups.")
final class InspectCommand implements Callable<Integer> {
    private final Environment environment;

    @Mixin
    private CommonOptions common;

    @Parameters(paramLabel = "IMAGE", description = "An image, one of its generations, or a bare CRIU images directory.")
    private String image;

    InspectCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        Inspection inspection = inspect();
        environment.out().print(common.json() ? KernelJson.pretty(inspection) + "\n" : InspectionText.of(inspection));
        return ExitCode.OK;
    }

    private Inspection inspect() {
        try {
            ResolvedImage resolved = Generations.resolve(image);
            String directory = resolved.generationDir();
            return Inspector.inspect(resolved, ImagesDirectory.read(directory), Manifest.read(directory), Quarantines.of(resolved));
        } catch (ImageException e) {
            throw Planning.imageFailure(image, e);
        }
    }
}
