package dev.thaw.policy;

import dev.thaw.plan.Rule;
import java.util.ArrayList;
import java.util.List;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Reads a policy file: YAML documents, one rule each, the first that matches wins; the shape is that of CRaC's resource policies.
 * A pure function of the text.
 */
public final class PolicyFile {
    private PolicyFile() {}

    /** Name under which a policy is kept beside an image, where it is the default at restore. */
    public static final String NAME = "policy.yaml";

    /**
     * @param name of the file, for messages and for the origin of each rule
     * @throws PolicyException naming the line
     */
    public static List<Rule> parse(String name, String text) {
        List<Rule> rules = new ArrayList<>();
        LoadSettings settings = LoadSettings.builder().setLabel(name).setMaxAliasesForCollections(10).setCodePointLimit(1 << 20).build();
        try {
            for (Node document : new Compose(settings).composeAllFromString(text)) {
                int line = line(document.getStartMark().orElse(null));
                if (!(document instanceof MappingNode mapping)) {
                    if (text.isBlank()) {
                        continue;
                    }
                    throw new PolicyException(name, line, "a rule is a mapping such as `type: file`, `path: /var/log/**`, `action: reopen`");
                }
                rules.add(new RuleDocument(name, mapping).toRule());
            }
        } catch (MarkedYamlEngineException e) {
            throw new PolicyException(name, line(e.getProblemMark().orElse(null)), "no YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            throw new PolicyException(name, 1, "no YAML: " + e.getMessage());
        }
        return List.copyOf(rules);
    }

    static int line(Mark mark) {
        return mark == null ? 1 : mark.getLine() + 1;
    }
}
