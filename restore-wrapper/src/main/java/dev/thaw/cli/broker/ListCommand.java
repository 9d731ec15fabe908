package dev.thaw.cli.broker;

import dev.thaw.cli.CommonOptions;
import dev.thaw.cli.Environment;
import dev.thaw.fdbroker.broker.BrokerClient;
import dev.thaw.fdbroker.broker.Holding;
import dev.thaw.report.ExitCode;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code thaw broker list}. */
@Command(name = "list", description = "Say what the broker keeps, as far as this user may know.")
final class ListCommand implements Callable<Integer> {
    private final Environment environment;

    @Mixin
    private SocketOption socket;

    @Mixin
    private CommonOptions common;

    ListCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        List<Holding> holdings = socket.ask("what the broker keeps is not known", BrokerClient::list);
        environment.out().print(common.json() ? HoldingsText.json(socket.path(), holdings) : HoldingsText.table(holdings));
        return ExitCode.OK;
    }
}
