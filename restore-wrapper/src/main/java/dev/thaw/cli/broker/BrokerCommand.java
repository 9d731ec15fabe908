package dev.thaw.cli.broker;

import dev.thaw.cli.CommonOptions;
import dev.thaw.cli.Environment;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code thaw broker}. */
@Command(name = "broker", description = "Keep descriptors alive while nobody uses them, and hand them out.", synopsisSubcommandLabel = "COMMAND")
public final class BrokerCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    private final Environment environment;

    public BrokerCommand(Environment environment) {
        this.environment = environment;
    }

    /** Its verbs are added when picocli makes its model. */
    @Spec
    void spec(CommandSpec spec) {
        spec.addSubcommand("serve", CommandSpec.forAnnotatedObject(new ServeCommand(environment)));
        spec.addSubcommand("store", CommandSpec.forAnnotatedObject(new StoreCommand(environment)));
        spec.addSubcommand("retrieve", CommandSpec.forAnnotatedObject(new RetrieveCommand(environment)));
        spec.addSubcommand("list", CommandSpec.forAnnotatedObject(new ListCommand(environment)));
        spec.addSubcommand("delete", CommandSpec.forAnnotatedObject(new DeleteCommand(environment)));
    }

    @Override
    public Integer call() {
        throw new Failure(ExitCode.USAGE, "what is to be done is not given", List.of(), List.of("thaw broker --help"));
    }
}
