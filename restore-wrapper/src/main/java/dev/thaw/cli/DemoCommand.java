package dev.thaw.cli;

import dev.thaw.criu.CriuLocator;
import dev.thaw.demo.Demo;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code thaw demo}. */
@Command(name = "demo", description = "Show the whole story on this machine in a few seconds, and clean up.")
final class DemoCommand implements Callable<Integer> {
    private final Environment environment;

    @Mixin
    private CommonOptions common;

    DemoCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        if (ProcessCalls.geteuid() != 0) {
            throw new Failure(ExitCode.FAILURE, "the demo needs root", List.of("criu may dump and restore processes only with privileges"),
                    List.of("sudo ./thaw demo"));
        }
        return new Demo(environment.out(), CriuLocator.of(environment.environment()).find(common.criu().orElse("")).orFailure(),
                Main.class.getName(), environment.environment()).run();
    }
}
