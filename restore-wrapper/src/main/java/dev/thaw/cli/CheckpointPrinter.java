package dev.thaw.cli;

import dev.thaw.checkpoint.Checkpoint;
import dev.thaw.checkpoint.Finding;
import dev.thaw.launcher.KernelJson;
import dev.thaw.linux.KernelString;
import dev.thaw.report.Durations;
import dev.thaw.shrink.Shrunk;
import java.util.List;
import java.util.Locale;

/** What {@code thaw checkpoint} prints at its end. Pure. */
final class CheckpointPrinter {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

    private CheckpointPrinter() {}

    private record Line(
            String image, int generation, int rootPid, int processes, long imageBytes, long frozenMicros, long elapsedMillis, boolean leftRunning,
            List<String> criuOptions, List<Finding> notes, List<Shrunk> shrunk) {}

    static String json(Checkpoint made) {
        return KernelJson.line(new Line(made.generation().directory(), made.generation().number(), made.manifest().rootPid(),
                made.manifest().processes().size(), made.manifest().imageBytes(), made.stoppedMicros(), made.elapsed().toMillis(),
                made.manifest().leftRunning(), made.manifest().criuOptions(), made.notes(), made.shrunk())) + "\n";
    }

    static String line(Checkpoint made) {
        int processes = made.manifest().processes().size();
        return KernelString.printable(made.generation().directory()) + ": " + processes + (processes == 1 ? " process, " : " processes, ")
                + size(made.manifest().imageBytes()) + " in " + Durations.format(made.elapsed())
                + (made.stoppedMicros() > 0 ? ", stopped for " + made.stoppedMicros() / 1000 + " ms" : "") + shrunk(made.shrunk()) + "\n";
    }

    private static String shrunk(List<Shrunk> jvms) {
        StringBuilder text = new StringBuilder();
        jvms.stream().filter(jvm -> jvm.because().isEmpty()).forEach(jvm -> text.append("; pid ").append(jvm.pid()).append(" (")
                .append(KernelString.printable(jvm.command())).append(") gave back ").append(size(jvm.savedBytes())).append(" of ")
                .append(size(jvm.beforeBytes())));
        return text.toString();
    }

    static String size(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
    }
}
