package dev.thaw.checkpoint;

import dev.thaw.checkpoint.DumpOptions.Intruders;
import dev.thaw.checkpoint.DumpOptions.Tcp;
import dev.thaw.checkpoint.TreeScan.Intruder;
import java.util.List;
import java.util.Optional;

/** Decides with which options criu dumps a tree, or why it does not. Pure: the same scan and options give the same plan. */
public final class CheckpointPlanner {
    private CheckpointPlanner() {}

    /**
     * What is known of a tree before it is dumped.
     *
     * @param criuOptions those that it needs, in a fixed order; also where it cannot be dumped
     * @param user whom criu dumps as; empty for thaw's own
     */
    public record Judgement(List<String> criuOptions, List<Finding> findings, Optional<DumpUser> user) {}

    /** Everything that the rules say, whether the tree can be dumped or not. */
    public static Judgement judge(TreeScan scan, DumpOptions options) {
        PlanDraft draft = new PlanDraft();
        new ProcessRules(scan, options, draft).apply();
        new NamespaceRules(scan, draft).apply();
        new BondRules(scan, draft).apply();
        new IntruderRules(scan, options, draft).apply();
        new KindRules(scan, draft).apply();
        new TerminalRules(scan, draft).apply();
        new SocketRules(scan, options, draft).apply();
        new FileRules(scan, options, draft).apply();
        return new Judgement(draft.criuOptions(), draft.findings(), draft.user());
    }

    public static CheckpointPlan plan(TreeScan scan, DumpOptions options) {
        Judgement judgement = judge(scan, options);
        List<Finding> problems = judgement.findings().stream().filter(Finding::isProblem).toList();
        if (!problems.isEmpty()) {
            return new CheckpointPlan.Rejected(problems);
        }
        List<Intruder> toEnd = options.intruders() == Intruders.END ? scan.intruders() : List.of();
        return new CheckpointPlan.Ready(judgement.criuOptions(), judgement.findings(), judgement.user(), toEnd);
    }

    /** Whether criu will hold back packets: for connections that go on, and for a network namespace of the tree's own in any case. */
    public static boolean needsNetworkLock(TreeScan scan, DumpOptions options) {
        return options.tcp().equals(Optional.of(Tcp.ESTABLISHED)) || scan.hasOwnNetwork();
    }
}
