package dev.thaw.run;

import dev.thaw.fdbroker.DescriptorDescription;
import dev.thaw.fdbroker.broker.BrokerClient;
import dev.thaw.fdbroker.broker.BrokerException;
import dev.thaw.fdbroker.broker.BrokerRequest.Deposit;
import dev.thaw.fdbroker.broker.FdName;
import dev.thaw.launcher.Deposited;
import dev.thaw.launcher.PreparedLaunch;
import dev.thaw.linux.OpenFlags;
import dev.thaw.linux.Signals;
import dev.thaw.linux.SocketCalls;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The pipes and listeners of an application at the broker, which has them as long as it lives, and while it is checkpointed. */
public final class BrokerDeposits {
    private static final int KILLED = 128 + Signals.SIGKILL;

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final List<Deposited> deposited;

    private BrokerDeposits(List<Deposited> deposited) {
        this.deposited = deposited;
    }

    /**
     * Hands them to the broker. What an application of the same name left there is given up: this one takes its place.
     *
     * @throws Failure when the broker does not take them; then it has none of them
     */
    static BrokerDeposits of(PreparedLaunch launch, String name, String socket) {
        List<Deposited> wanted = new ArrayList<>();
        List<Integer> fds = new ArrayList<>();
        for (DescriptorDescription descriptor : launch.descriptors()) {
            int ours = launch.numbers().get(descriptor.fd());
            String kind = kind(descriptor, ours);
            if (!kind.isEmpty()) {
                String key = descriptor.key();
                wanted.add(new Deposited(kind + ":" + name + ":" + descriptor.fd(), key, descriptor.flags() & OpenFlags.O_ACCMODE, socket));
                fds.add(ours);
            }
        }
        try (BrokerClient broker = BrokerClient.connect(socket, LIMIT)) {
            deleteOf(broker, name);
            broker.store(wanted.stream().map(one -> new Deposit(new FdName(one.name()), Duration.ZERO)).toList(),
                    fds.stream().mapToInt(Integer::intValue).toArray());
        } catch (BrokerException e) {
            throw new Failure(ExitCode.SOURCE, "the broker does not keep the descriptors of " + name, List.of(e.getMessage(), e.why()), e.tries(), e);
        }
        launch.deposited(wanted);
        return new BrokerDeposits(wanted);
    }

    List<Deposited> all() {
        return deposited;
    }

    /** Has the broker give them up. */
    void withdraw() {
        withdraw(deposited);
    }

    /** Whether an application that ended so comes back: a checkpoint ends it by SIGKILL, and what it had is wanted again. */
    public static boolean isWantedAfter(int exitCode) {
        return exitCode == KILLED;
    }

    /** Has their broker give them up; one that is not there any more has done so already. */
    public static void withdraw(List<Deposited> deposits) {
        for (Deposited deposit : deposits) {
            try (BrokerClient broker = BrokerClient.connect(deposit.socket(), LIMIT)) {
                broker.delete(List.of(new FdName(deposit.name())));
            } catch (BrokerException gone) {
                continue;
            }
        }
    }

    private static String kind(DescriptorDescription descriptor, int ours) {
        switch (descriptor.kind()) {
            case "pipe":
                return "pipe";
            case "socket":
                return SocketCalls.isListening(ours) ? "listener" : "";
            default:
                return "";
        }
    }

    private static void deleteOf(BrokerClient broker, String name) {
        Set<String> kinds = Set.of("pipe:" + name + ":", "listener:" + name + ":");
        List<FdName> old = broker.list().stream().map(holding -> holding.name())
                .filter(held -> kinds.stream().anyMatch(kind -> held.text().startsWith(kind) && held.text().substring(kind.length()).matches("[0-9]+")))
                .collect(Collectors.toList());
        broker.delete(old);
    }
}
