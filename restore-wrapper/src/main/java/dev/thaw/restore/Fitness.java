package dev.thaw.restore;

import dev.thaw.compat.Kind;
import dev.thaw.compat.Mismatch;
import dev.thaw.compat.Mismatch.Severity;
import dev.thaw.plan.PlanProblem;
import dev.thaw.plan.PlanResult;
import dev.thaw.plan.Search;
import java.util.ArrayList;
import java.util.List;

/** What mismatches mean for a plan. Pure. */
final class Fitness {
    private Fitness() {}

    /** Fatal ones are further problems, warnings are notes, and what is accepted criu has to accept as well. */
    static PlanResult judge(List<String> remarks, PlanResult result, List<Mismatch> mismatches) {
        List<PlanProblem> problems = new ArrayList<>();
        mismatches.stream().filter(mismatch -> mismatch.severity() == Severity.FATAL)
                .forEach(mismatch -> problems.add(new PlanProblem(mismatch.what(), mismatch.because(), mismatch.tries())));
        if (result instanceof PlanResult.Rejected rejected) {
            problems.addAll(rejected.problems());
        }
        if (!problems.isEmpty()) {
            return new PlanResult.Rejected(problems);
        }
        List<String> notes = new ArrayList<>(remarks);
        mismatches.stream().filter(mismatch -> mismatch.severity() == Severity.WARNING)
                .forEach(mismatch -> notes.add(mismatch.what() + ": " + String.join("; ", mismatch.because())));
        return new PlanResult.Ready(((PlanResult.Ready) result).plan().plus(notes, criuOptions(mismatches)));
    }

    /** criu looks at some of it itself (criu/files-reg.c, validate_with_build_id; criu/cpu.c). */
    private static List<String> criuOptions(List<Mismatch> mismatches) {
        List<String> options = new ArrayList<>();
        if (isAccepted(Kind.EXECUTABLE, mismatches)) {
            options.addAll(List.of("--file-validation", "filesize"));
        }
        if (isAccepted(Kind.CPU, mismatches)) {
            options.add("--cpu-cap=none");
        }
        return options;
    }

    private static boolean isAccepted(Kind kind, List<Mismatch> mismatches) {
        return Search.any(mismatches, mismatch -> mismatch.kind() == kind && mismatch.severity() == Severity.ACCEPTED);
    }
}
