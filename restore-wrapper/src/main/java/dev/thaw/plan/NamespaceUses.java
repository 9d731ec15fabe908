package dev.thaw.plan;

import dev.thaw.fdbroker.Source;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.NamespaceImage;
import dev.thaw.linux.OpenFlags;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Network and pid namespaces that were declared external at the dump: criu enters what it is handed under their key (criu/net.c,
 * net_set_ext; criu/namespaces.c). Without a rule it is thaw's own namespace.
 */
final class NamespaceUses {
    private final ImageSnapshot image;
    private final World world;
    private final RestoreOptions options;
    private final Decisions decisions;

    NamespaceUses(ImageSnapshot image, World world, RestoreOptions options, Decisions decisions) {
        this.image = image;
        this.world = world;
        this.options = options;
        this.decisions = decisions;
    }

    void plan(HandoverPlanner handovers, List<PlanProblem> problems) {
        for (NamespaceImage namespace : image.namespaces()) {
            if (namespace.externalKey().isEmpty()) {
                continue;
            }
            String key = namespace.externalKey().get();
            String word = namespace.kind() == NamespaceImage.Kind.PID ? "pid" : "net";
            Use use = new Use(word.equals("pid") ? Use.Kind.PID_NAMESPACE : Use.Kind.NETWORK_NAMESPACE, List.of(image.root().pid()), -1, -1);
            Optional<Rule> rule = Search.first(options.rules(),
                    candidate -> candidate.selector() instanceof Selector.Namespace named && named.text().equals(word + ":" + key));
            rule.ifPresent(decisions.matched()::add);
            Optional<Opening> opening = rule.isPresent() ? opening(rule.get()) : Optional.of(file("/proc/self/ns/" + word));
            if (opening.isPresent()) {
                handovers.replaceNamespace(key, use, opening.get(), rule.map(Rule::origin).orElse("auto"));
            } else {
                problems.add(PlanProblem.of(rule.orElseThrow().origin() + ": no namespace can be had from this",
                        "it is to become " + use.text(), "--map " + word + ":" + key + "=/run/netns/NAME", "--map " + word + ":" + key + "=fd:N"));
            }
        }
    }

    private Optional<Opening> opening(Rule rule) {
        if (!(rule.action() instanceof Rule.Action.From from)) {
            return Optional.empty();
        }
        if (from.source() instanceof Source.Open open && world.at(open.path()).isPresent()) {
            return Optional.of(file(open.path()));
        }
        return from.source() instanceof Source.Descriptor descriptor && world.own().containsKey(descriptor.number())
                ? Optional.of(new Opening.Own(descriptor.number())) : Optional.empty();
    }

    private static Opening file(String path) {
        return new Opening.Path(path, OpenFlags.O_RDONLY, OptionalInt.empty(), -1);
    }
}
