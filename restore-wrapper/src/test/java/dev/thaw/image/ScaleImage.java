package dev.thaw.image;

import dev.thaw.plan.PlanResult;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.restore.BrokerNames;
import dev.thaw.restore.Planning;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * An image of many processes, each with ten descriptors of the usual kinds: /dev/null, a pipe to somebody outside that all share, a common log, a file of its
 * own, a pipe to itself, a pair of unix sockets, an eventfd. A program too, for bench/run.
 */
public final class ScaleImage {
    public static final int DESCRIPTORS_EACH = 10;
    private static final int FIRST_PID = 1_000_000; // nobody has it
    private static final int WRITES = 1;
    private static final int APPENDS = 02001;

    private ScaleImage() {}

    public static ImageBuilder of(int processes) {
        ImageBuilder image = new ImageBuilder();
        FileSpec executable = image.regular("/bin/sh");
        FileSpec root = image.regular("/");
        FileSpec nothing = image.regular("/dev/null");
        FileSpec out = image.pipeWriter(1);
        FileSpec log = image.regular("/var/log/app.log").flags(APPENDS);
        for (int i = 0; i < processes; i++) {
            TaskSpec task = image.task(FIRST_PID + i).executable(executable).maps(executable).directories(root, root).session(FIRST_PID).group(FIRST_PID);
            long inode = 10L * (i + 1);
            task.fd(0, nothing).fd(1, out).fd(2, log).fd(3, image.regular("/proc/self/limits").size(0).mode(0100444))
                    .fd(4, image.pipeReader(inode)).fd(5, image.pipeWriter(inode))
                    .fd(6, image.unix(inode + 1).peer(inode + 2)).fd(7, image.unix(inode + 2).peer(inode + 1))
                    .fd(8, image.eventfd(i)).fd(9, image.regular("/etc/passwd"));
        }
        return image;
    }

    /**
     * {@code write DIRECTORY PROCESSES} makes one; {@code measure DIRECTORY} reads it and plans its restore, in a JVM that has done neither before, and
     * prints how many milliseconds each took, and how many bytes of heap image and plan keep for each descriptor.
     */
    public static void main(String[] arguments) throws IOException {
        String directory = arguments[1];
        if (arguments[0].equals("write")) {
            Files.createDirectories(Path.of(directory));
            of(Integer.parseInt(arguments[2])).writeTo(directory);
            return;
        }
        long before = used();
        Moment start = Moment.now();
        ImageSnapshot snapshot = ImagesDirectory.read(directory);
        Moment read = Moment.now();
        Planning planning = Planning.of(directory, RestoreOptions.automatic(), Set.of(), BrokerNames.of(Optional.empty()));
        Moment planned = Moment.now();
        snapshot = null; // the planning has one of its own
        long kept = used() - before;
        int processes = planning.image().tasks().size();
        System.out.println("{\"processes\":" + processes + ",\"descriptors\":" + DESCRIPTORS_EACH * processes + ",\"bytesADescriptor\":" + kept / (DESCRIPTORS_EACH * processes)
                + ",\"read\":" + read.since(start) + ",\"readAndPlanned\":" + planned.since(read)
                + ",\"ready\":" + (planning.result() instanceof PlanResult.Ready) + "}");
    }

    private static long used() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    /** By the clock, and by what the processors did for this program. */
    private record Moment(long wallNanos, long cpuNanos) {
        static Moment now() {
            OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            return new Moment(System.nanoTime(), system.getProcessCpuTime());
        }

        String since(Moment other) {
            return "{\"wallMillis\":" + (wallNanos - other.wallNanos) / 1_000_000 + ",\"cpuMillis\":" + (cpuNanos - other.cpuNanos) / 1_000_000 + "}";
        }
    }
}
