package dev.thaw.start;

import dev.thaw.checkpoint.Checkpoint;
import dev.thaw.checkpoint.CheckpointRequest;
import dev.thaw.checkpoint.Checkpointer;
import dev.thaw.checkpoint.Verifier;
import dev.thaw.report.Report;
import dev.thaw.restore.BrokerNames;
import dev.thaw.restore.LookAhead;
import java.time.Duration;
import java.util.Optional;
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
        LookAhead.at(made.generation().directory(), request.criu(), brokerNames, report).forEach(problem -> report.detail(problem.what()));
        return made;
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
