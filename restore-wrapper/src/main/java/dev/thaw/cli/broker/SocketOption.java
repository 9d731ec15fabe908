package dev.thaw.cli.broker;

import dev.thaw.cli.Brokers;
import dev.thaw.fdbroker.broker.BrokerClient;
import dev.thaw.fdbroker.broker.BrokerException;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** Which broker. */
public final class SocketOption {
    @Option(names = "--socket", paramLabel = "PATH",
            description = "The broker's socket. Default: THAW_BROKER, else broker.sock in the user's runtime directory (root: /run/thaw).")
    private String socket;

    String path() {
        return Brokers.socketOr(Optional.ofNullable(socket));
    }

    /**
     * Asks the broker.
     *
     * @param what the message when it does not do it
     */
    <T> T ask(String what, Function<BrokerClient, T> question) {
        try (BrokerClient broker = BrokerClient.connect(path(), Brokers.LIMIT)) {
            return question.apply(broker);
        } catch (BrokerException e) {
            throw Brokers.failure(what, e);
        }
    }
}
