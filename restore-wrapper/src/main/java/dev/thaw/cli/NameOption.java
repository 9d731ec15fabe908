package dev.thaw.cli;

import dev.thaw.launcher.NameRegistry;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.List;
import picocli.CommandLine.Option;

/** The name of what a command starts. */
public final class NameOption {
    @Option(names = "--name", paramLabel = "NAME", description = "Name it, for thaw checkpoint --name and thaw exec.")
    private String name = "";

    /** @throws Failure when it cannot be one */
    String orEmpty() {
        if (!name.isEmpty() && !NameRegistry.isName(name)) {
            throw new Failure(ExitCode.USAGE, "--name " + name + " is no name", List.of("letters, digits, '_', '-' and '.', at most 64, and not pid-NUMBER"),
                    List.of());
        }
        return name;
    }
}
