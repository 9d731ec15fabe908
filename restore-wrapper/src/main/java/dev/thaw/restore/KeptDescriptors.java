package dev.thaw.restore;

import dev.thaw.fdbroker.Source;
import dev.thaw.image.Manifest;
import dev.thaw.launcher.Deposited;
import dev.thaw.plan.Rule;
import dev.thaw.plan.Search;
import dev.thaw.plan.Selector;
import java.util.List;
import java.util.Optional;

/** What the broker kept of an application: it goes back by itself, as if the user had said so. */
public final class KeptDescriptors {
    private KeptDescriptors() {}

    /** One for each, behind all that the user says. */
    static List<Rule> rules(Manifest manifest) {
        return Search.mapped(manifest.inBroker(), deposit -> new Rule(new Selector.Kept(deposit.key(), deposit.access()),
                new Rule.Action.From(new Source.Broker(deposit.name()), Rule.Missing.ERROR), "kept by the broker since its start", false));
    }

    /** The broker that has them. */
    public static Optional<String> socket(Optional<Manifest> manifest) {
        return manifest.flatMap(known -> Search.first(known.inBroker(), deposit -> true)).map(Deposited::socket);
    }
}
