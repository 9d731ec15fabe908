package dev.thaw.start;

import dev.thaw.checkpoint.Checkpoint;
import dev.thaw.checkpoint.CheckpointRequest;
import dev.thaw.checkpoint.Checkpointer;
import dev.thaw.checkpoint.Verifier;
import dev.thaw.report.Report;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/** The checkpoint of {@link TermCheckpoint} that really writes one. */
public final class CheckpointWriting implements TermCheckpoint.Writing {
    private final CheckpointRequest request;
    private final Checkpointer checkpointer;

    /** @param variable value of an environment variable */
    public CheckpointWriting(CheckpointRequest request, Report report, Function<String, Optional<String>> variable) {
        this.request = request;
        this.checkpointer = new Checkpointer(request, Verifier.readable(), report, variable);
    }

    @Override
    public Checkpoint run() throws InterruptedException {
        return checkpointer.run();
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
