package dev.thaw.check.pid;

import dev.thaw.check.Finding;
import dev.thaw.check.pid.PidFacts.ThreadDifference;
import dev.thaw.checkpoint.ScannedProcess;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Where processes stand: sessions and process groups that began outside, cgroups, threads that went their own way. */
final class PlacementRules {
    private final PidFacts facts;
    private final ScannedProcess root;
    private final Set<Integer> pids;
    private final List<Finding> findings;

    PlacementRules(PidFacts facts, List<Finding> findings) {
        this.facts = facts;
        this.root = facts.scan().root();
        this.pids = facts.scan().pids();
        this.findings = findings;
    }

    void apply() {
        for (ScannedProcess process : facts.scan().processes()) {
            // What began where the root began as well is what --shell-job is for.
            if (process.session() != root.session()) {
                leader(process, process.session(), "session");
            }
            if (process.processGroup() != process.session() && process.processGroup() != root.processGroup()) {
                leader(process, process.processGroup(), "process group");
            }
        }
        cgroups();
        threads();
    }

    private void leader(ScannedProcess process, int number, String what) {
        if (!pids.contains(number) && facts.leaders().containsKey(number)) {
            findings.add(Finding.needs(process.text() + " is in " + what + " " + number + " of " + facts.leaders().get(number) + ", outside the tree",
                    "a restore makes that " + what + " anew and needs its number, which is taken while that process runs",
                    "end it before the restore: kill " + number, "thaw restore --pid-namespace IMAGE"));
        }
    }

    private void cgroups() {
        List<ScannedProcess> elsewhere = facts.scan().processes().stream()
                .filter(process -> !process.isZombie() && !process.bonds().cgroups().equals(root.bonds().cgroups())).toList();
        if (!elsewhere.isEmpty()) {
            ScannedProcess first = elsewhere.get(0);
            String more = elsewhere.size() > 1 ? " and " + (elsewhere.size() - 1) + " more are" : " is";
            String path = first.bonds().cgroups().stream().filter(place -> !root.bonds().cgroups().contains(place)).findFirst()
                    .map(place -> ": " + place.path()).orElse("");
            findings.add(Finding.differs(first.text() + more + " in another cgroup than " + root.text() + path,
                    "after a restore the whole tree is in one, that of thaw restore", "move it again then: echo " + first.pid() + " >CGROUP/cgroup.procs"));
        }
    }

    private void threads() {
        Map<String, List<ThreadDifference>> byKind = new LinkedHashMap<>();
        facts.threads().forEach(thread -> byKind.computeIfAbsent(thread.pid() + thread.what(), none -> new java.util.ArrayList<>()).add(thread));
        for (List<ThreadDifference> same : byKind.values()) {
            ThreadDifference first = same.get(0);
            String who = facts.scan().process(first.pid()).map(ScannedProcess::text).orElse("pid " + first.pid());
            String threads = same.size() == 1 ? "thread " + first.thread() + " of " + who + " has its" : same.size() + " threads of " + who + " have their";
            findings.add(Finding.differs(threads + " own " + first.what(), "criu takes the main thread's for all, without a word",
                    "use a process of its own for that, in the program"));
        }
    }
}
