package dev.thaw.it;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.thaw.checkpoint.Checkpoint;
import dev.thaw.checkpoint.CheckpointRequest;
import dev.thaw.checkpoint.Checkpointer;
import dev.thaw.checkpoint.DumpOptions;
import dev.thaw.checkpoint.DumpOptions.Intruders;
import dev.thaw.checkpoint.DumpOptions.NetworkLock;
import dev.thaw.checkpoint.DumpOptions.Tcp;
import dev.thaw.checkpoint.Verifier;
import dev.thaw.image.ImageSnapshot;
import dev.thaw.image.ImagesDirectory;
import dev.thaw.launcher.LaunchRecord;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Checkpoints made by the classes behind {@code thaw checkpoint}, in the test JVM: no JVM has to start for each. */
public final class Dumps {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Scratch scratch;
    private final int pid;
    private String image = "image";
    private boolean leaveRunning;
    private Optional<Tcp> tcp = Optional.empty();
    private Intruders intruders = Intruders.FAIL;
    private List<String> criuOptions = List.of();
    private Optional<LaunchRecord> launched = Optional.empty();
    private Verifier verifier = Verifier.readable();

    private Dumps(Scratch scratch, int pid) {
        this.scratch = scratch;
        this.pid = pid;
    }

    /** A puppet that has been dumped, and whose pids are free. */
    public static Puppet puppet(Scratch scratch) {
        Puppet puppet = Puppet.start(scratch);
        try {
            of(scratch, puppet).run();
            puppet.awaitGone();
            return puppet;
        } catch (RuntimeException | AssertionError e) {
            puppet.close();
            throw e;
        }
    }

    public static Dumps of(Scratch scratch, Puppet puppet) {
        return new Dumps(scratch, puppet.pid());
    }

    public static Dumps of(Scratch scratch, int pid) {
        return new Dumps(scratch, pid);
    }

    public static Dumps of(Scratch scratch, Program program) {
        return new Dumps(scratch, program.pid());
    }

    /** @param name of the image in the scratch directory; "image" unless given */
    public Dumps into(String name) {
        image = name;
        return this;
    }

    /** As thaw run has recorded its start. */
    public Dumps launched(LaunchRecord record) {
        launched = Optional.of(record);
        return this;
    }

    public Dumps leaveRunning() {
        leaveRunning = true;
        return this;
    }

    public Dumps tcp(Tcp choice) {
        tcp = Optional.of(choice);
        return this;
    }

    Dumps intruders(Intruders choice) {
        intruders = choice;
        return this;
    }

    public Dumps criuOptions(String... options) {
        criuOptions = List.of(options);
        return this;
    }

    public Dumps verifiedBy(Verifier judge) {
        verifier = judge;
        return this;
    }

    public Checkpoint run() {
        Report silent = new Report("", new PrintStream(OutputStream.nullOutputStream()), 0, true);
        DumpOptions options = new DumpOptions(leaveRunning, tcp, NetworkLock.SKIP, intruders, criuOptions);
        CheckpointRequest request = new CheckpointRequest(pid, scratch.path(image), options, 2, LIMIT,
                CriuOnHost.binary(), launched);
        try {
            return new Checkpointer(request, verifier, silent, name -> Optional.empty()).run();
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted, most likely by the time limit of the test", e);
        }
    }

    public Failure fails() {
        return assertThrows(Failure.class, this::run);
    }

    static ImageSnapshot images(Checkpoint made) {
        return ImagesDirectory.read(made.generation().directory());
    }
}
