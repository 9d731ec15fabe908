package dev.thaw.checkpoint;

import dev.thaw.checkpoint.DumpOptions.Intruders;
import dev.thaw.checkpoint.TreeScan.Intruder;
import dev.thaw.checkpoint.TreeScan.Intruder.Bond;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Processes that are no part of the tree and bound to it: {@code --intruders}. */
final class IntruderRules {
    private final TreeScan scan;
    private final Intruders choice;
    private final PlanDraft draft;

    IntruderRules(TreeScan scan, DumpOptions options, PlanDraft draft) {
        this.scan = scan;
        this.choice = options.intruders();
        this.draft = draft;
    }

    void apply() {
        scan.intruders().forEach(this::intruder);
    }

    private void intruder(Intruder intruder) {
        String what = intruder.text() + ", is " + (scan.pids().contains(intruder.pid()) ? "below it by now" : "not below it");
        List<String> because = because(intruder);
        String end = "end it before the restore: kill " + intruder.pid();
        // The rest of a shell's pipeline is in the root's process group, and ends by itself when the root does.
        boolean usual = intruder.bond() == Bond.PROCESS_GROUP;
        if (choice == Intruders.END) {
            add(Finding.Severity.NOTE, what + ", and is ended first", because, List.of());
        } else if (intruder.bond() == Bond.TRACER) {
            return; // criu cannot do without its end: see ProcessRules
        } else if (usual) {
            add(Finding.Severity.NOTE, what, because, List.of(end));
        } else if (choice == Intruders.IGNORE) {
            add(ignored(intruder), what, because, List.of(end));
        } else {
            add(Finding.Severity.PROBLEM, what, because, List.of("--intruders end, which ends it first", "--intruders ignore, and end it before the restore"));
        }
    }

    /** An auxiliary process is in its caller's session, where it is in nobody's way. */
    private Finding.Severity ignored(Intruder intruder) {
        if (intruder.bond() != Bond.AUXILIARY) {
            return Finding.Severity.NEEDS;
        }
        return scan.pids().contains(intruder.pid()) ? Finding.Severity.DIFFERS : Finding.Severity.NOTE;
    }

    private void add(Finding.Severity severity, String what, List<String> because, List<String> tries) {
        draft.add(new Finding(severity, what, because, tries));
    }

    private List<String> because(Intruder intruder) {
        List<String> because = new ArrayList<>(List.of(why(intruder)));
        if (!intruder.holds().isEmpty()) {
            because.add("it has " + intruder.holds().stream().map(Object::toString).collect(Collectors.joining(", ")));
        }
        return because;
    }

    private String why(Intruder intruder) {
        switch (intruder.bond()) {
            case AUXILIARY:
                return scan.pids().contains(intruder.pid()) ? "its parent has ended, and it became a child of pid " + intruder.shared() + ": criu takes it along"
                        : "criu leaves it out";
            case TRACER:
                return "a process has one tracer at a time, and criu has to be it";
            case PID_NAMESPACE:
                return "it came into the namespace from outside: criu leaves it out, and it is killed when the namespace's first process ends";
            default:
                return "criu leaves it out, and while it lives no restored process can get the pid " + intruder.shared() + " again";
        }
    }
}
