package dev.thaw.cli;

import dev.thaw.checkpoint.CheckpointRequest;
import dev.thaw.checkpoint.DumpOptions;
import dev.thaw.criu.CriuBinary;
import dev.thaw.criu.CriuLocator;
import dev.thaw.launcher.NameRegistry;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.report.Report;
import dev.thaw.restore.AfterRestore;
import dev.thaw.start.CheckpointWriting;
import dev.thaw.start.TermCheckpoint;
import dev.thaw.supervise.StatusStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of run and restore about the way from one life of an application to the next. */
public final class CycleOptions {
    @Option(names = "--on-failure", paramLabel = "fail|start",
            description = "What follows when no restore works: an end, or a start of COMMAND (default: start with --image, else fail).")
    private OnFailure onFailure;

    @Option(names = "--pid-namespace", description = "Give it a pid namespace of its own, so that one image runs many times at once.")
    private boolean pidNamespace;

    @Option(names = "--ipc-namespace",
            description = "Start COMMAND in an IPC namespace of its own, so that its System V shared memory can be checkpointed; a restore makes that namespace again.")
    private boolean ipcNamespace;

    @Option(names = "--once",
            description = "Let a checkpoint count for one life: before the application runs, restored or started, IMAGE/current is removed. For programs whose "
                    + "files go on while a checkpoint does not, such as databases: after a crash COMMAND is started.")
    private boolean once;

    @Option(names = "--after-restore", paramLabel = "CMD",
            description = "Run with sh -c after a restore, the pid in $$THAW_PID, the image in $$THAW_IMAGE, and in $$THAW_SECONDS how long ago it "
                    + "was made; its failure is the restore's.")
    private String afterRestore;

    @Mixin
    private NoticeOptions notice = new NoticeOptions();

    @Option(names = "--on-term", paramLabel = "forward|checkpoint", defaultValue = "FORWARD",
            description = "What SIGTERM to thaw does: it goes to the application, or a checkpoint is written and thaw ends with 0; the application gets it "
                    + "when that fails, or at a second SIGTERM (default: forward).")
    private OnTerm onTerm = OnTerm.FORWARD;

    @Option(names = "--term-limit", paramLabel = "DURATION", defaultValue = "20s",
            description = "How long a checkpoint on SIGTERM may take (default: ${DEFAULT-VALUE}).")
    private Duration termLimit = Duration.ofSeconds(20);

    @Option(names = "--keep", paramLabel = "N", defaultValue = "2",
            description = "How many generations stay after a checkpoint on SIGTERM (default: ${DEFAULT-VALUE}).")
    private int keep = 2;

    @Option(names = "--tcp", paramLabel = "established|close", description = "What becomes of open TCP connections in a checkpoint on SIGTERM.")
    private DumpOptions.Tcp tcp;

    @Option(names = "--intruders", paramLabel = "fail|end|ignore", defaultValue = "FAIL",
            description = "What a checkpoint on SIGTERM does about processes beside the tree, as thaw checkpoint does (default: fail).")
    private DumpOptions.Intruders intruders = DumpOptions.Intruders.FAIL;

    @Option(names = "--shrink", paramLabel = "jvm",
            description = "Before a checkpoint on SIGTERM, the JVMs of the tree collect their garbage and give free memory back, for a smaller image.")
    private Shrink shrink;

    @Option(names = "--criu-option", paramLabel = "OPT", description = "Give OPT to criu dump in a checkpoint on SIGTERM (repeat).")
    private List<String> criuOptions = new ArrayList<>();

    enum OnFailure { FAIL, START }

    enum OnTerm { FORWARD, CHECKPOINT }

    /** As picocli would set it; see {@link PlainRestore}. */
    boolean take(String flag) {
        pidNamespace |= flag.equals("--pid-namespace");
        return flag.equals("--pid-namespace");
    }

    boolean startsAnew(boolean otherwise) {
        return onFailure == null ? otherwise : onFailure == OnFailure.START;
    }

    boolean pidNamespace() {
        return pidNamespace;
    }

    boolean ipcNamespace() {
        return ipcNamespace;
    }

    boolean once() {
        return once;
    }

    boolean checkpointsOnTerm() {
        return onTerm == OnTerm.CHECKPOINT;
    }

    /** One that was given and means something only where there is an image. */
    Optional<String> needsImage() {
        return Stream.of(onFailure != null ? "--on-failure" : "", once ? "--once" : "", afterRestore != null ? "--after-restore" : "", notice.given(),
                checkpointsOnTerm() ? "--on-term checkpoint" : "").filter(option -> !option.isEmpty()).findFirst();
    }

    AfterRestore afterRestore() {
        return new AfterRestore(Optional.ofNullable(afterRestore), notice.notice());
    }

    /** @param image to write to */
    Optional<TermCheckpoint> onTerm(String image, CommonOptions common, Environment environment, Optional<NameRegistry> registry, StatusStream status,
            Report report) {
        if (!checkpointsOnTerm()) {
            return Optional.empty();
        }
        if (keep < 1) {
            throw new Failure(ExitCode.USAGE, "--keep " + keep + " keeps nothing", List.of("at least the new generation stays"), List.of("--keep 2"));
        }
        return Optional.of(new TermCheckpoint(pid -> {
            CriuBinary criu = CriuLocator.of(environment.environment()).find(common.criu().orElse("")).orFailure();
            DumpOptions options = new DumpOptions(false, Optional.ofNullable(tcp), DumpOptions.NetworkLock.SKIP, intruders, criuOptions);
            CheckpointRequest request = new CheckpointRequest(pid, image, options, keep, termLimit, criu, registry.flatMap(names -> names.findPid(pid)))
                    .shrinkingJvms(shrink == Shrink.JVM);
            return new CheckpointWriting(request, Brokers.names(Optional.empty()), report, environment::variable);
        }, status, report));
    }
}
