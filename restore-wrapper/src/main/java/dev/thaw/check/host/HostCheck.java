package dev.thaw.check.host;

import dev.thaw.check.Finding;
import dev.thaw.check.Findings;
import java.util.ArrayList;
import java.util.List;

/** Judges a machine. Pure. */
public final class HostCheck {
    private HostCheck() {}

    public static Findings of(HostFacts facts) {
        List<Finding> findings = new ArrayList<>();
        // First, since criu can do no more than this process may.
        new RightsRules(facts.rights(), findings).apply();
        new EngineRules(facts, findings).apply();
        new PlaceRules(facts, findings).apply();
        return new Findings(findings);
    }
}
