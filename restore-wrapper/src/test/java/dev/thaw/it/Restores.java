package dev.thaw.it;

import dev.thaw.criu.CriuBinary;
import dev.thaw.fdbroker.SourceParser;
import dev.thaw.fdbroker.broker.BrokerClient;
import dev.thaw.fdbroker.broker.FdName;
import dev.thaw.linux.FdCalls;
import dev.thaw.linux.OwnedFd;
import dev.thaw.plan.CgroupChoice;
import dev.thaw.plan.Opening;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.plan.Rule;
import dev.thaw.plan.Selector;
import dev.thaw.report.Report;
import dev.thaw.restore.Planning;
import dev.thaw.restore.BrokerNames;
import dev.thaw.restore.RestoreRequest;
import dev.thaw.restore.Restorer;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Restores made by the classes behind {@code thaw restore}, in the test JVM, which becomes the parent: no JVM has to start for each. */
public final class Restores {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Scratch scratch;
    private final Map<String, Integer> held = new TreeMap<>();
    private String image = "image";
    private final List<Rule> rules = new ArrayList<>();
    private Optional<BrokerClient> broker = Optional.empty();

    private Restores(Scratch scratch) {
        this.scratch = scratch;
    }

    public static Restores of(Scratch scratch) {
        return new Restores(scratch);
    }

    /** @param name of the image in the scratch directory; "image" unless given */
    public Restores from(String name) {
        image = name;
        return this;
    }

    /**
     * Hands one of our descriptors over, as a broker would.
     *
     * @param key as {@code --map} takes it
     * @param ours stays open here, and the caller's
     */
    public Restores give(String key, int ours) {
        String name = "held-" + ours;
        held.put(name, ours);
        rules.add(new Rule(Selector.parse(key), new Rule.Action.From(SourceParser.parse("broker:" + name), Rule.Missing.ERROR), "a test", true));
        return this;
    }

    /** Asks a real broker, for what is to come from one. */
    public Restores broker(BrokerClient client) {
        broker = Optional.of(client);
        return this;
    }

    /** @throws dev.thaw.report.Failure as thaw would tell it */
    public void run() {
        RestoreOptions options = new RestoreOptions(Map.of(), rules, new CgroupChoice.Own(), false, Set.of());
        Planning planning = Planning.of(scratch.path(image), options, Set.of(), BrokerNames.of(Optional.of(names())));
        CriuBinary criu = CriuOnHost.binary();
        Report silent = new Report("", new PrintStream(OutputStream.nullOutputStream()), 0, true);
        new Restorer(criu, silent, name -> Optional.empty(), this::open, Map.of(), OptionalInt::empty)
                .restore(new RestoreRequest(planning.image(), planning.ready(), planning.resolved().imageRoot(), LIMIT, false));
    }

    private Set<String> names() {
        return broker.map(client -> client.list().stream().map(holding -> holding.name().text()).collect(Collectors.toSet())).orElse(held.keySet());
    }

    private OwnedFd open(Opening opening) {
        if (broker.isPresent()) {
            return broker.get().retrieve(new FdName(((Opening.Broker) opening).name()));
        }
        return FdCalls.duplicate(held.get(((Opening.Broker) opening).name()), 3);
    }
}
