package dev.thaw.checkpoint;

import dev.thaw.compat.Surroundings;
import dev.thaw.image.ImagesDirectory;
import dev.thaw.image.Manifest;
import dev.thaw.image.SampleImage;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.restore.WorkDirectory;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Does once what is done with images while their tree stands still, with others and before: a JVM that has yet to load its classes and to run its code
 * for the first time takes several times as long.
 */
final class Practice {
    private final Thread thread;

    private Practice(Thread thread) {
        this.thread = thread;
    }

    /** Beside what else there is to do. @param variable looks an environment variable up: TMPDIR and the like */
    static Practice begin(Function<String, Optional<String>> variable) {
        Thread thread = new Thread(() -> run(variable), "practice");
        thread.setDaemon(true);
        thread.start();
        return new Practice(thread);
    }

    /** Waits for its end. */
    void await() throws InterruptedException {
        thread.join();
    }

    private static void run(Function<String, Optional<String>> variable) {
        try (WorkDirectory work = WorkDirectory.create(variable)) {
            SampleImage.write(work.path());
            List<String> files = FileCalls.list(work.path()).stream().map(name -> work.path() + "/" + name).toList();
            try (DiskWriters writers = DiskWriters.begin(files)) {
                Surroundings.record(ImagesDirectory.read(work.path()), Surroundings.look(ProcessCalls.getpid(), List.of(), Optional.empty()));
                Manifest.read(work.path()).orElseThrow().json();
                writers.await();
            }
        } catch (RuntimeException noMatter) {
            // What cannot be done is told when it is done in earnest.
            return;
        }
    }
}
