package dev.thaw.cli;

import dev.thaw.fdbroker.broker.BrokerClient;
import dev.thaw.fdbroker.broker.BrokerException;
import dev.thaw.fdbroker.broker.FdName;
import dev.thaw.fdbroker.broker.Holding;
import dev.thaw.launcher.NameRegistry;
import dev.thaw.linux.OwnedFd;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.plan.Questions;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.restore.BrokerNames;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** The broker as other commands ask it. */
public final class Brokers {
    /** For a connection, and for each reply. */
    public static final Duration LIMIT = Duration.ofSeconds(10);

    private static final String SOCKET = "/broker.sock";
    private static final String VARIABLE = "THAW_BROKER";

    private Brokers() {}

    /**
     * Asks for names when the options need it, and throws a {@link Failure} when the broker does not let this user see them.
     *
     * @param named the broker's socket, where the user named one
     */
    static BrokerNames names(Optional<String> named) {
        return (options, recorded) -> names(options, named.or(() -> recorded));
    }

    private static Optional<Set<String>> names(RestoreOptions options, Optional<String> socket) {
        if (!Questions.asksBroker(options)) {
            return Optional.empty();
        }
        try (BrokerClient broker = BrokerClient.connect(socketOr(socket), LIMIT)) {
            Set<String> names = new TreeSet<>();
            for (Holding holding : broker.list()) {
                names.add(holding.name().text());
            }
            return Optional.of(names);
        } catch (BrokerException.Unavailable e) {
            return Optional.empty();
        } catch (BrokerException.Refused e) {
            throw failure("the broker does not say what it keeps", e);
        }
    }

    /**
     * A descriptor that the broker keeps, close-on-exec; the caller owns it.
     *
     * @throws Failure when it cannot be had
     */
    static OwnedFd retrieve(String name, Optional<String> socket) {
        FdName wanted = name(name);
        try (BrokerClient broker = BrokerClient.connect(socketOr(socket), LIMIT)) {
            return broker.retrieve(wanted);
        } catch (BrokerException e) {
            throw failure("broker:" + name + " is not available", e);
        }
    }

    /** @throws Failure when no descriptor can be called so */
    public static FdName name(String text) {
        try {
            return new FdName(text);
        } catch (IllegalArgumentException e) {
            throw new Failure(ExitCode.USAGE, "'" + text + "' is no name of a descriptor", List.of(e.getMessage()),
                    List.of("a name of the form kind:what, such as listener:shop"));
        }
    }

    /**
     * Names of the two ends of a pipe: read, write.
     *
     * @throws Failure when the name leaves no room for the ending
     */
    public static FdName[] ends(FdName pipe) {
        try {
            return new FdName[] {pipe.readEnd(), pipe.writeEnd()};
        } catch (IllegalArgumentException e) {
            throw new Failure(ExitCode.USAGE, "'" + pipe.text() + "' is too long for the name of a pipe", List.of(e.getMessage()),
                    List.of("a shorter one: :write is added to it"));
        }
    }

    public static Failure failure(String what, BrokerException e) {
        return new Failure(ExitCode.SOURCE, what, List.of(e.getMessage(), e.why()), e.tries(), e);
    }

    /** The socket named, or the user's own broker's. */
    public static String socketOr(Optional<String> named) {
        return named.orElseGet(() -> defaultSocket(Brokers::variable, ProcessCalls.geteuid()));
    }

    /** Where the broker listens, unless told otherwise: where THAW_BROKER says, else in the directory for what runs, {@code /run/thaw} for root. */
    public static String defaultSocket(Function<String, Optional<String>> variable, int euid) {
        Optional<String> named = variable.apply(VARIABLE).filter(path -> !path.isEmpty());
        return named.isPresent() ? named.get() : NameRegistry.defaultDirectory(variable, euid).map(directory -> directory + SOCKET).orElseThrow(() -> new Failure(
                ExitCode.USAGE,
                "where the broker listens is not known",
                List.of("neither --socket nor THAW_BROKER nor XDG_RUNTIME_DIR says it, and user " + euid + " is not root"),
                List.of("--socket PATH", "XDG_RUNTIME_DIR=/run/user/" + euid)));
    }

    private static Optional<String> variable(String name) {
        String prefix = name + "=";
        return ProcessCalls.environment().stream()
                .filter(entry -> entry.startsWith(prefix))
                .map(entry -> entry.substring(prefix.length()))
                .findFirst();
    }
}
