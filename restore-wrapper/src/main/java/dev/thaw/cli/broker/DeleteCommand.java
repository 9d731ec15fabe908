package dev.thaw.cli.broker;

import dev.thaw.cli.Brokers;
import dev.thaw.cli.CommonOptions;
import dev.thaw.cli.Environment;
import dev.thaw.fdbroker.broker.FdName;
import dev.thaw.report.ExitCode;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code thaw broker delete}. */
@Command(name = "delete", description = "Have the broker close what it keeps under these names: all of them, or none.")
final class DeleteCommand implements Callable<Integer> {
    private final Environment environment;

    @Parameters(arity = "1..*", paramLabel = "NAME", description = "As thaw broker list shows it.")
    private List<String> names;

    @Mixin
    private SocketOption socket;

    @Mixin
    private CommonOptions common;

    DeleteCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        List<FdName> wanted = names.stream().map(Brokers::name).toList();
        socket.ask("nothing is deleted", broker -> {
            broker.delete(wanted);
            return true;
        });
        common.report(environment).detail("no longer kept by the broker at " + socket.path() + ": " + String.join(", ", names));
        return ExitCode.OK;
    }
}
