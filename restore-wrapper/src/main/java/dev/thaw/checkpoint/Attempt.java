package dev.thaw.checkpoint;

import dev.thaw.criu.CriuDump;
import dev.thaw.image.Generation;
import dev.thaw.image.Generations;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.restore.WorkDirectory;
import dev.thaw.supervise.AtExit;
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
    private State state = State.OPEN;
    private String lastLog = "";
    private Optional<String> keptLog = Optional.empty();

    private enum State { OPEN, KEPT, ABANDONED }

    /** @param variable looks an environment variable up: TMPDIR and the like */
    Attempt(ImageRoot image, Function<String, Optional<String>> variable) {
        this.image = image;
        this.previous = image.current();
        this.generation = image.begin();
        this.work = WorkDirectory.create(variable);
        try {
            image.noteWork(generation, work.path());
        } catch (LinuxException diskFull) {
            work.close();
            image.discard(generation.directory());
            throw diskFull;
        }
        AtExit.add(atExit);
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

    /**
     * Makes the new generation current. From now on it stays, should thaw or the machine stop.
     *
     * @return false when the attempt was abandoned meanwhile, because a signal ends thaw
     */
    synchronized boolean succeed() {
        if (state == State.OPEN) {
            image.makeCurrent(Generations.directoryName(generation.number()));
            state = State.KEPT;
        }
        return state == State.KEPT;
    }

    /** Takes a success back, which is then to be abandoned. */
    synchronized void revoke() {
        state = state == State.KEPT ? State.OPEN : state;
    }

    /** Puts everything back, unless it has succeeded. */
    synchronized void abandon() {
        if (state == State.OPEN) {
            state = State.ABANDONED;
            if (run != null) {
                run.kill();
            }
            lastLog = work.text(CriuDump.LOG);
            image.restoreCurrent(previous);
            image.discard(generation.directory()); // first, for a log may need the room
            keepLog();
            work.close();
        }
    }

    /** What criu has logged so far. */
    synchronized String log() {
        return state == State.ABANDONED ? lastLog : work.text(CriuDump.LOG);
    }

    /** Of an abandoned attempt: where its log is; empty when there is none. */
    synchronized Optional<String> keptLog() {
        return keptLog;
    }

    private void keepLog() {
        if (!lastLog.isEmpty()) {
            try {
                String path = image.path() + "/" + ImageRoot.FAILURE_LOG;
                FileCalls.writeFile(path, KernelString.encode(lastLog), 0600);
                keptLog = Optional.of(path);
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
                AtExit.remove(atExit);
            } catch (IllegalStateException itRuns) {
                // and has waited for us
            }
            work.close();
        }
    }
}
