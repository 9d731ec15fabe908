package dev.thaw.rehearse;

import dev.thaw.compile.ShellText;
import dev.thaw.inspect.Inspection;
import dev.thaw.inspect.Inspection.DescriptorView;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.FileStatus;
import dev.thaw.linux.LinuxException;
import dev.thaw.rehearse.Change.ReplaceFile;
import dev.thaw.rehearse.Change.Simple;
import dev.thaw.rehearse.Change.Time;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Changes the world as asked, while nothing of the application runs. */
final class Changer implements AutoCloseable {
    private static final List<String> KERNEL = List.of("/proc/", "/sys/", "/dev/");
    private static final int PERMISSIONS = 07777;

    private final List<Change> changes;
    private final AppStreams streams;
    private final String otherDirectory;
    private final Optional<CgroupMove> cgroups;
    private final ClockMove clocks = new ClockMove();

    /** @param otherDirectory where to be for other-cwd */
    Changer(List<Change> changes, AppStreams streams, String otherDirectory) {
        this.changes = changes;
        this.streams = streams;
        this.otherDirectory = otherDirectory;
        this.cgroups = changes.contains(Simple.MOVE_CGROUP) ? Optional.of(new CgroupMove()) : Optional.empty();
    }

    /**
     * What was done.
     *
     * @param replaced paths at which there is another file now
     * @param moved directories that are gone, to those that took their place
     */
    record Done(List<Observation> observations, Set<String> replaced, Map<String, String> moved) {}

    /**
     * @param image what was dumped
     * @param directory the image; empty when nothing was written
     */
    Done apply(Inspection image, String directory) {
        List<Observation> done = new ArrayList<>();
        Set<String> replaced = new LinkedHashSet<>();
        Map<String, String> moved = new HashMap<>();
        String cgroup = cgroups.map(CgroupMove::current).orElse("");
        for (Change change : changes) {
            try {
                done.add(change instanceof Time time ? forward(time, directory)
                        : Observation.held(change.word(), apply(change, image, replaced)));
            } catch (LinuxException e) {
                done.add(Observation.not(change.word(), "it could not be done", List.of(e.getMessage()),
                        change instanceof ReplaceFile file ? "ls -ld " + ShellText.quote(file.path()) : "the other changes, without " + change.word()));
            }
        }
        cgroups.ifPresent(move -> moved.put(cgroup, move.current()));
        return new Done(done, replaced, moved);
    }

    /** Until {@link #putBack}. */
    private Observation forward(Time time, String directory) {
        if (directory.isEmpty()) {
            return Observation.notTried(time.word(), "the clocks are in the image, and none was written");
        }
        String done = clocks.forward(directory, time.later());
        return done.isEmpty() ? Observation.not(time.word(), "it could not be done", List.of("the image has no clocks: criu saw no time namespaces here"),
                "thaw check host, which says why") : Observation.held(time.word(), done);
    }

    /** After the restore: the image is as the checkpoint left it. */
    void putBack() {
        clocks.close();
    }

    private String apply(Change change, Inspection image, Set<String> replaced) {
        if (change instanceof ReplaceFile file) {
            replace(file.path());
            replaced.add(file.path());
            return "another file with the same content";
        }
        switch ((Simple) change) {
            case ROTATE_LOGS:
                return rotate(image, replaced);
            case MOVE_CGROUP:
                cgroups.orElseThrow().next();
                return "the cgroup is gone, and thaw is in another";
            case OTHER_CWD:
                FileCalls.chdir(otherDirectory);
                return "thaw is in " + otherDirectory;
            case CLOSE_PIPES:
                streams.renew();
                return "there are other pipes";
            default:
                streams.renew();
                return "there is another terminal";
        }
    }

    private static String rotate(Inspection image, Set<String> replaced) {
        Set<String> logs = new LinkedHashSet<>();
        image.processes().stream().flatMap(process -> process.descriptors().stream()).filter(Changer::isLog).forEach(log -> logs.add(log.link()));
        List<String> names = new ArrayList<>();
        for (String log : logs) {
            if (FileCalls.statIfExists(log).isPresent()) {
                FileStatus status = FileCalls.stat(log);
                String other = free(log);
                FileCalls.rename(log, other);
                FileCalls.writeFile(log, new byte[0], status.mode() & PERMISSIONS);
                FileCalls.chown(log, status.uid(), status.gid());
                names.add(other);
                replaced.add(log);
            }
        }
        return names.isEmpty() ? "no file was open for writing only" : "moved to " + String.join(", ", names);
    }

    private static boolean isLog(DescriptorView descriptor) {
        return descriptor.kind().equals("file") && descriptor.access().equals("write") && KERNEL.stream().noneMatch(descriptor.link()::startsWith);
    }

    private static String free(String log) {
        return Stream.iterate(1, number -> number + 1).map(number -> log + ".rehearse-" + number)
                .filter(path -> FileCalls.lstatIfExists(path).isEmpty()).findFirst().orElseThrow();
    }

    private static void replace(String path) {
        FileStatus status = FileCalls.stat(path);
        String copy = free(path);
        FileCalls.writeFile(copy, FileCalls.readAll(path), status.mode() & PERMISSIONS);
        FileCalls.chmod(copy, status.mode() & PERMISSIONS);
        FileCalls.chown(copy, status.uid(), status.gid());
        FileCalls.rename(copy, path);
    }

    @Override
    public void close() {
        clocks.close();
        cgroups.ifPresent(CgroupMove::close);
    }
}
