package dev.thaw.check.pid;

import dev.thaw.check.Finding;
import dev.thaw.check.Findings;
import dev.thaw.checkpoint.CheckpointPlanner;
import dev.thaw.checkpoint.CheckpointPlanner.Judgement;
import dev.thaw.checkpoint.DumpOptions;
import java.util.ArrayList;
import java.util.List;

/**
 * What criu will refuse, lose, or restore otherwise than it was, of a living tree.
 *
 * @param criuOptions that {@code thaw checkpoint} would add by itself
 */
public record PidCheck(Findings findings, List<String> criuOptions) {

    /** Pure. */
    public static PidCheck of(PidFacts facts, DumpOptions options) {
        Judgement judgement = CheckpointPlanner.judge(facts.scan(), options);
        List<Finding> findings = new ArrayList<>();
        judgement.findings().forEach(found -> findings.add(Finding.of(found)));
        new OtherEndRules(facts.scan(), findings).apply();
        new SharingRules(facts, findings).apply();
        new PlacementRules(facts, findings).apply();
        new LossRules(facts, findings).apply();
        findings.addAll(OptionNotes.of(judgement.criuOptions()));
        return new PidCheck(new Findings(findings), judgement.criuOptions());
    }
}
