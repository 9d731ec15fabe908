package dev.thaw.shrink;

import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.linux.proc.ProcessStat;
import dev.thaw.linux.proc.ProcessTable;
import dev.thaw.linux.proc.StatusFile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Has the JVMs of a tree collect their garbage and give the free memory back, as {@code jcmd PID GC.run} and
 * {@code jcmd PID System.trim_native_heap} do. Their images would hold what was free otherwise.
 */
public final class JvmShrinker {
    /** A collector gives back step by step, and some only what was free at the collection before. */
    private static final int MOST_COLLECTIONS = 8;
    private static final int LEAST_COLLECTIONS = 3;
    private static final long WORTH_ANOTHER_BYTES = 1 << 20;
    /** How much of the heap may be free, in per cent: the collectors give back the rest. */
    private static final String LEAST_FREE = "0";
    private static final String MOST_FREE = "10";
    /** Memory is given back by a thread of the JVM after the command was answered. */
    private static final long STEP_MILLIS = 20;
    private static final int QUIET_STEPS = 3;
    private static final int MOST_STEPS = 50;

    private JvmShrinker() {}

    /**
     * Shrinks one JVM after the other. What does not work is said in the result, and stops nothing.
     *
     * @param root of the tree
     * @param limit for all of it
     * @return one for each JVM, none for other processes
     */
    public static List<Shrunk> shrink(int root, Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        List<Shrunk> shrunk = new ArrayList<>();
        for (int pid : ProcessTable.tree(root)) {
            Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
            one(pid, left).ifPresent(shrunk::add);
        }
        return List.copyOf(shrunk);
    }

    private static Optional<Shrunk> one(int pid, Duration limit) throws InterruptedException {
        Optional<ProcessStat> stat = ProcessStat.read(pid).filter(found -> !found.isZombie());
        if (stat.isEmpty()) {
            return Optional.empty();
        }
        try {
            String maps = text(pid, "maps");
            List<String> environment = List.of(text(pid, "environ").split("\0"));
            Judgement judgement = Judgement.of(maps, ProcessTable.arguments(pid), environment, StatusFile.read(pid), stat.get().state());
            if (judgement.kind() == Judgement.Kind.OTHER) {
                return Optional.empty();
            }
            long before = storedBytes(pid);
            if (judgement.kind() == Judgement.Kind.UNWILLING) {
                return Optional.of(new Shrunk(pid, stat.get().comm(), before, before, judgement.because(), judgement.tries()));
            }
            List<String> because = tell(pid, limit);
            return Optional.of(new Shrunk(pid, stat.get().comm(), before, storedBytes(pid), because, List.of()));
        } catch (LinuxException e) {
            return Optional.of(new Shrunk(pid, stat.get().comm(), 0, 0, List.of(e.getMessage()), List.of("as its user, or as root")));
        }
    }

    private static List<String> tell(int pid, Duration limit) throws InterruptedException {
        try (HotSpot jvm = HotSpot.attach(pid, limit)) {
            FreeRatios ratios = FreeRatios.lowered(pid, jvm, LEAST_FREE, MOST_FREE);
            try {
                String refused = collect(pid, jvm);
                if (!refused.isEmpty()) {
                    return List.of(refused);
                }
            } finally {
                ratios.close();
            }
            trim(jvm);
            settle(pid);
            return List.of();
        } catch (HotSpot.Refusal refusal) {
            return List.of(refusal.getMessage());
        }
    }

    /** Returns why there was none; empty when there was. */
    private static String collect(int pid, HotSpot jvm) throws HotSpot.Refusal, InterruptedException {
        long before = storedBytes(pid);
        for (int i = 0; i < MOST_COLLECTIONS; i++) {
            String said = jvm.command("GC.run").strip();
            if (said.contains("disabled")) { // -XX:+DisableExplicitGC
                return said;
            }
            settle(pid);
            long after = storedBytes(pid);
            if (i + 1 >= LEAST_COLLECTIONS && before - after < WORTH_ANOTHER_BYTES) {
                break;
            }
            before = after;
        }
        return "";
    }

    /** Memory of malloc(3). JVMs before 17.0.9 and those of musl do not know how. */
    private static void trim(HotSpot jvm) throws InterruptedException {
        try {
            jvm.command("System.trim_native_heap");
        } catch (HotSpot.Refusal unknownCommand) {
            return;
        }
    }

    private static void settle(int pid) throws InterruptedException {
        long last = storedBytes(pid);
        for (int step = 0, quiet = 0; step < MOST_STEPS && quiet < QUIET_STEPS; step++) {
            Thread.sleep(STEP_MILLIS);
            long now = storedBytes(pid);
            quiet = last - now < WORTH_ANOTHER_BYTES ? quiet + 1 : 0;
            last = now;
        }
    }

    /** What a dump stores, as far as the kernel's counters go: pages that no file has. */
    private static long storedBytes(int pid) {
        StatusFile status = StatusFile.read(pid);
        return kilobytes(status, "RssAnon") + kilobytes(status, "RssShmem");
    }

    private static long kilobytes(StatusFile status, String field) {
        String[] words = status.fields().getOrDefault(field, "0").split("\\s+");
        return Long.parseLong(words[0]) << 10;
    }

    private static String text(int pid, String name) {
        return KernelString.decode(FileCalls.readAll("/proc/" + pid + "/" + name));
    }
}
