package dev.thaw.shrink;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.supervise.DeathWatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How much of its heap a JVM keeps free after a collection. Lowered for a moment, and set to what it was by {@link #close}, or by another thaw when
 * this one dies meanwhile.
 */
final class FreeRatios implements AutoCloseable {
    private static final String MIN = "MinHeapFreeRatio";
    private static final String MAX = "MaxHeapFreeRatio";
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private static final String WATCH = """
            while read -r word; do
                [ "$word" = done ] && exit 0
            done
            exec "$@"
            """;

    private final HotSpot jvm;
    private final String min;
    private final String max;
    private final DeathWatch watch;

    private FreeRatios(HotSpot jvm, String min, String max, DeathWatch watch) {
        this.jvm = jvm;
        this.min = min;
        this.max = max;
        this.watch = watch;
    }

    /** @param min at most {@code max} */
    static FreeRatios lowered(int pid, HotSpot jvm, String min, String max) throws HotSpot.Refusal, InterruptedException {
        FreeRatios were = of(pid, jvm);
        try {
            // The JVM refuses a minimum above the maximum, so the minimum goes first, and comes back last.
            jvm.setFlag(MIN, min);
            jvm.setFlag(MAX, max);
            return were;
        } catch (HotSpot.Refusal | InterruptedException e) {
            were.close();
            throw e;
        }
    }

    private static FreeRatios of(int pid, HotSpot jvm) throws HotSpot.Refusal, InterruptedException {
        String min = jvm.flag(MIN);
        String max = jvm.flag(MAX);
        try {
            long started = ProcessStat.read(pid).map(ProcessStat::startTicks).orElse(0L);
            List<String> command = new ArrayList<>(java());
            command.addAll(List.of(FreeRatios.class.getName(), Integer.toString(pid), Long.toString(started), min, max));
            return new FreeRatios(jvm, min, max, DeathWatch.start("thaw-shrink-watch", WATCH, command));
        } catch (LinuxException e) {
            throw new HotSpot.Refusal("nobody would put its flags back if thaw were killed: " + e.getMessage());
        }
    }

    /** Another JVM like this one. */
    private static List<String> java() {
        List<String> command = new ArrayList<>(List.of(FileCalls.readlink("/proc/self/exe"), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        System.getProperties().stringPropertyNames().stream().filter(name -> name.startsWith("jna.")).forEach(
                name -> command.add("-D" + name + "=" + System.getProperty(name)));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        return command;
    }

    /**
     * For a thaw that was killed. Without words to anybody: there is nobody who would hear them.
     *
     * @param arguments pid and start of the JVM, and both ratios
     */
    public static void main(String[] arguments) throws HotSpot.Refusal, InterruptedException {
        int pid = Integer.parseInt(arguments[0]);
        if (ProcessStat.read(pid).filter(stat -> stat.startTicks() == Long.parseLong(arguments[1])).isPresent()) {
            try (HotSpot jvm = HotSpot.attach(pid, LIMIT)) {
                set(jvm, arguments[2], arguments[3]);
            }
        }
    }

    private static void set(HotSpot jvm, String min, String max) throws HotSpot.Refusal, InterruptedException {
        jvm.setFlag(MAX, max);
        jvm.setFlag(MIN, min);
    }

    /** Also when this thread was interrupted. With a JVM that does not answer the watch goes on, and sees to it when thaw has ended. */
    @Override
    public void close() {
        boolean interrupted = Thread.interrupted();
        try {
            set(jvm, min, max);
            watch.close();
        } catch (HotSpot.Refusal busyOrGone) {
            return;
        } catch (InterruptedException again) {
            interrupted = true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
