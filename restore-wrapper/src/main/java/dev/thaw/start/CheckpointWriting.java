package dev.thaw.start;

import dev.thaw.checkpoint.Checkpoint;
import dev.thaw.checkpoint.CheckpointRequest;
import dev.thaw.checkpoint.Checkpointer;
import dev.thaw.checkpoint.Verifier;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.restore.BrokerNames;
import dev.thaw.restore.PlanCompiler;
import dev.thaw.restore.Planning;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** The checkpoint of {@link TermCheckpoint} that really writes one. */
public final class CheckpointWriting implements TermCheckpoint.Writing {
    private final CheckpointRequest request;
    private final BrokerNames brokerNames;
    private final Report report;
    private final Checkpointer checkpointer;

    /**
     * @param brokerNames what a broker offers, where the next restore needs it
     * @param variable value of an environment variable
     */
    public CheckpointWriting(CheckpointRequest request, BrokerNames brokerNames, Report report, Function<String, Optional<String>> variable) {
        this.request = request;
        this.brokerNames = brokerNames;
        this.report = report;
        this.checkpointer = new Checkpointer(request, Verifier.readable(), report, variable);
    }

    @Override
    public Checkpoint run() throws InterruptedException {
        Checkpoint made = checkpointer.run();
        lookAhead(made.generation().directory());
        return made;
    }

    /** The next restore is to be quick. That this fails makes no checkpoint a failure. */
    private void lookAhead(String generation) {
        try {
            Planning planning = Planning.of(generation, RestoreOptions.automatic(), Set.of(), brokerNames,
                    new Planning.Expectation(Optional.of(request.criu().version()), Optional.empty()));
            PlanCompiler.leave(planning, request.criu(), report);
        } catch (Failure failure) {
            report.detail("the plan was not compiled: " + failure.what());
        }
    }

    @Override
    public void giveUp() {
        checkpointer.giveUp();
    }

    @Override
    public Duration limit() {
        return request.limit();
    }
}
