package dev.thaw.checkpoint;

import dev.thaw.criu.CriuDump;
import dev.thaw.image.Generation;
import dev.thaw.image.Generations;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.restore.WorkDirectory;
import java.util.Optional;
import java.util.function.Function;

/**
 * A generation in the making. Closed before it has succeeded, or when a signal ends thaw, it leaves the image as it was: criu is ended, the
 * generation removed, the previous one current.
 */
final class Attempt implements AutoCloseable {
    private final ImageRoot image;
    private final Optional<String> previous;
    private final Generation generation;
    private final WorkDirectory work;
    private final Thread atExit = new Thread(this::abandon, "abandon the checkpoint");
    private DumpRun run;
    private boolean decided;
    private String lastLog = "";

    /** @param variable looks an environment variable up: TMPDIR and the like */
    Attempt(ImageRoot image, Function<String, Optional<String>> variable) {
        this.image = image;
        this.previous = image.current();
        this.generation = image.begin();
        this.work = WorkDirectory.create(variable);
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    Generation generation() {
        return generation;
    }

    Optional<String> previous() {
        return previous;
    }

    String workDirectory() {
        return work.path();
    }

    synchronized void running(DumpRun dump) {
        this.run = dump;
    }

    /** The point where the new generation takes over, should thaw or the machine stop now. */
    synchronized void makeCurrent() {
        if (!decided) {
            image.makeCurrent(Generations.directoryName(generation.number()));
        }
    }

    /** From now on the generation stays. */
    synchronized void succeed() {
        lastLog = log();
        decided = true;
    }

    /** Puts everything back, unless it has succeeded. */
    synchronized void abandon() {
        if (decided) {
            return;
        }
        decided = true;
        if (run != null) {
            run.kill();
        }
        image.restoreCurrent(previous);
        image.discard(generation.directory());
        lastLog = work.text(CriuDump.LOG);
        keepLog();
        work.close();
    }

    /** What criu has logged so far. */
    synchronized String log() {
        return decided ? lastLog : work.text(CriuDump.LOG);
    }

    /** Of an abandoned attempt: where its log is. */
    Optional<String> keptLog() {
        return Optional.of(image.path() + "/" + ImageRoot.FAILURE_LOG).filter(path -> FileCalls.lstatIfExists(path).isPresent());
    }

    private void keepLog() {
        if (!lastLog.isEmpty()) {
            try {
                FileCalls.writeFile(image.path() + "/" + ImageRoot.FAILURE_LOG, KernelString.encode(lastLog), 0600);
            } catch (LinuxException diskFull) {
                return; // the reason is told from the log all the same
            }
        }
    }

    @Override
    public void close() {
        try {
            abandon();
        } finally {
            try {
                Runtime.getRuntime().removeShutdownHook(atExit);
            } catch (IllegalStateException itRuns) {
                // and has waited for us
            }
            work.close();
        }
    }
}
