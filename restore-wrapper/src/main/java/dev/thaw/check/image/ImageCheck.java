package dev.thaw.check.image;

import dev.thaw.check.Finding;
import dev.thaw.check.Findings;
import dev.thaw.check.Severity;
import dev.thaw.plan.LostLocks;
import dev.thaw.plan.PlanProblem;
import dev.thaw.plan.PlanResult;
import dev.thaw.plan.RestorePlan;
import dev.thaw.restore.PidHolders.PidHolder;
import java.util.ArrayList;
import java.util.List;

/** Judges whether an image can be restored here and now. Pure. */
public final class ImageCheck {
    private static final int SHOWN = 5;

    private ImageCheck() {}

    public static Findings of(ImageFacts facts) {
        List<Finding> findings = new ArrayList<>();
        if (facts.plan() instanceof PlanResult.Rejected rejected) {
            for (PlanProblem problem : rejected.problems()) {
                findings.add(new Finding(Severity.STOPS, problem.what(), problem.because(), problem.tries()));
            }
        } else {
            ready(((PlanResult.Ready) facts.plan()).plan(), facts, findings);
        }
        pids(facts.pids(), findings);
        new MachineRules(facts, findings).apply();
        new ResourceRules(facts, findings).apply();
        return new Findings(findings);
    }

    private static void ready(RestorePlan plan, ImageFacts facts, List<Finding> findings) {
        findings.add(Finding.fine("files and descriptors: " + plan.handovers().size() + " are handed over, " + plan.left().size()
                + " left to CRIU; thaw plan " + facts.name() + " shows each"));
        List<LostLocks.Lost> lostLocks = LostLocks.of(facts.image());
        lostLocks.forEach(lost -> findings.add(Finding.differs(lost.what(), LostLocks.Lost.BECAUSE, "nothing now: docs/applications.md has locks that stay")));
        // Warnings of the comparison are among the notes, in one line.
        plan.notes().stream().filter(note -> facts.mismatches().stream().noneMatch(mismatch -> note.startsWith(mismatch.what())))
                .filter(note -> lostLocks.stream().noneMatch(lost -> note.equals(lost.text()))).forEach(note -> findings.add(new Finding(Severity.NOTE, note, List.of(), List.of())));
    }

    private static void pids(List<PidHolder> holders, List<Finding> findings) {
        List<PidHolder> running = holders.stream().filter(holder -> holder.state() != 'Z').toList();
        for (PidHolder holder : running.subList(0, Math.min(SHOWN, running.size()))) {
            findings.add(Finding.stops("pid " + holder.wanted() + " is taken by pid " + holder.pid() + " (" + holder.command() + ")",
                    "it " + holder.how() + ", child of pid " + holder.parentPid() + "; a restored process gets its old pid",
                    "if it is the application itself, end it: kill " + holder.pid(), "thaw restore --pid-namespace IMAGE, beside it"));
        }
        if (running.size() > SHOWN) {
            findings.add(Finding.stops("of the other numbers of the image, " + (running.size() - SHOWN) + (running.size() == SHOWN + 1 ? " is taken" : " are taken"), "by processes that run",
                    "thaw restore --pid-namespace IMAGE"));
        }
        holders.stream().filter(holder -> holder.state() == 'Z').limit(SHOWN).forEach(holder -> findings.add(Finding.needs(
                "pid " + holder.wanted() + " is still taken by a process that has ended (" + holder.command() + ")",
                "its parent, pid " + holder.parentPid() + ", has not collected it yet; a restore waits 15 s for that", "ps -o pid,ppid,stat,comm -p "
                        + holder.pid() + "," + holder.parentPid())));
        if (holders.isEmpty()) {
            findings.add(Finding.fine("all its pids and thread ids are free"));
        }
    }
}
