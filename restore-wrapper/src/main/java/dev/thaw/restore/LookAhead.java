package dev.thaw.restore;

import dev.thaw.criu.CriuBinary;
import dev.thaw.plan.PlanProblem;
import dev.thaw.plan.PlanResult;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The next restore of what was just checkpointed, planned as it would be here and now: what it would need is better known before the day it is needed. */
public final class LookAhead {
    private LookAhead() {}

    /**
     * What it would do is written down beside the images, for it to be quick. That this fails makes no checkpoint a failure.
     *
     * @param image as on the command line, or a generation
     * @param brokerNames what a broker offers, where the restore needs it
     * @return what it would need more to go on
     */
    public static List<PlanProblem> at(String image, CriuBinary criu, BrokerNames brokerNames, Report report) {
        try {
            Planning planning = Planning.of(image, RestoreOptions.automatic(), Set.of(), brokerNames,
                    new Planning.Expectation(Optional.of(criu.version()), Optional.empty()));
            PlanCompiler.leave(planning, criu, report);
            return planning.result() instanceof PlanResult.Rejected rejected ? rejected.problems() : List.of();
        } catch (Failure failure) {
            return List.of(new PlanProblem(failure.what(), failure.because(), failure.tries()));
        }
    }
}
