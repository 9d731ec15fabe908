package dev.thaw.it.broker;

import dev.thaw.fdbroker.broker.BrokerClient;
import dev.thaw.it.Await;
import dev.thaw.it.Bytes;
import dev.thaw.it.Scratch;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.Signals;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code thaw broker serve} in a process of its own. */
public final class ServedBroker implements AutoCloseable {
    private final String socket;
    private final ThawProcess process;

    private ServedBroker(String socket, ThawProcess process) {
        this.socket = socket;
        this.process = process;
    }

    /** At {@code broker.sock} in the scratch directory, ready. */
    public static ServedBroker start(Scratch scratch, String... options) {
        return start(scratch, Map.of(), options);
    }

    /** @param environment variables for it */
    static ServedBroker start(Scratch scratch, Map<String, String> environment, String... options) {
        List<String> arguments = new ArrayList<>(List.of("broker", "serve", "--socket", scratch.path("broker.sock"), "--status-fd", "5"));
        arguments.addAll(List.of(options));
        try (FdCalls.Pipe status = FdCalls.pipe2(OpenFlags.O_CLOEXEC)) {
            ThawProcess.Builder builder = ThawProcess.in(scratch).descriptor(5, status.writer().number()).nullDescriptor(0);
            environment.forEach(builder::environment);
            ThawProcess process = builder.start(arguments.toArray(String[]::new));
            status.writer().close();
            ServedBroker broker = new ServedBroker(scratch.path("broker.sock"), process);
            try {
                Bytes.readUntil(status.reader().number(), "\"event\":\"ready\"");
                return broker;
            } catch (AssertionError e) {
                broker.close();
                throw new AssertionError(process.err(), e);
            }
        }
    }

    public String socket() {
        return socket;
    }

    public ThawProcess process() {
        return process;
    }

    public BrokerClient client() {
        return BrokerClient.connect(socket, Await.LIMIT);
    }

    /** Asks it to end, and gives its last words. */
    public ThawProcess.Result end() {
        process.signal(Signals.SIGTERM);
        return process.awaitEnd().expect(0);
    }

    @Override
    public void close() {
        process.close();
    }
}
