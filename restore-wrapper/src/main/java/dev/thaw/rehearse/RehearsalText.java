package dev.thaw.rehearse;

import dev.thaw.check.FindingText;
import dev.thaw.linux.KernelString;
import dev.thaw.rehearse.Rehearsal.Cycle;
import java.util.List;
import java.util.Locale;

/** A {@link Rehearsal} for a terminal of 100 columns. */
public final class RehearsalText {
    static final String NO_MEMORY = "No memory was dumped or restored: a stand-in took criu's place, and the application did not run on.";

    private static final int COLUMNS = 100;
    private static final int NAME = 20;

    private RehearsalText() {}

    public static String of(Rehearsal rehearsal) {
        StringBuilder text = new StringBuilder();
        for (Cycle cycle : rehearsal.cycles()) {
            append(text, "cycle " + cycle.number() + ": ", cycle.held() ? "held" : "did not hold");
            cycle.observations().forEach(one -> observation(text, one));
        }
        if (!rehearsal.end().isEmpty()) {
            text.append("afterwards\n");
            rehearsal.end().forEach(one -> observation(text, one));
        }
        List<Cycle> whole = rehearsal.cycles().stream().filter(cycle -> cycle.restoreMillis() > 0).toList();
        if (!whole.isEmpty()) {
            text.append(row("", "min", "p50", "p90", "p99", "max"));
            text.append(row("image MiB", whole.stream().mapToLong(Cycle::imageBytes).toArray(), 1 << 20));
            text.append(row("stopped ms", whole.stream().mapToLong(Cycle::stoppedMillis).toArray(), 1));
            text.append(row("restore ms", whole.stream().mapToLong(Cycle::restoreMillis).toArray(), 1));
        }
        long held = rehearsal.cycles().stream().filter(Cycle::held).count();
        text.append(held).append(" of ").append(rehearsal.cyclesAsked()).append(rehearsal.cyclesAsked() == 1 ? " cycle held" : " cycles held");
        text.append(rehearsal.changes().isEmpty() ? "\n" : ", with " + String.join(", ", rehearsal.changes()) + "\n");
        if (!rehearsal.memoryRestored()) {
            append(text, "", NO_MEMORY);
        }
        return text.toString();
    }

    private static void observation(StringBuilder text, Observation one) {
        String name = "  " + (one.held() ? "held  " : one.failed() ? "NOT   " : "--    ") + one.name();
        append(text, name + " ".repeat(Math.max(1, NAME + 8 - name.length())), one.what());
        one.because().forEach(reason -> append(text, "        because: ", reason));
        one.tries().forEach(remedy -> append(text, "        try: ", remedy));
    }

    private static void append(StringBuilder text, String prefix, String content) {
        String indent = " ".repeat(10);
        List<String> lines = FindingText.wrapped(KernelString.printable(content), COLUMNS - prefix.length(), COLUMNS - indent.length());
        text.append(prefix).append(lines.get(0)).append('\n');
        lines.subList(1, lines.size()).forEach(line -> text.append(indent).append(line).append('\n'));
    }

    private static String row(String name, long[] values, double unit) {
        Percentiles all = Percentiles.of(values);
        return row(name, number(all.min() / unit), number(all.p50() / unit), number(all.p90() / unit), number(all.p99() / unit), number(all.max() / unit));
    }

    private static String number(double value) {
        return value == Math.rint(value) ? String.format(Locale.ROOT, "%.0f", value) : String.format(Locale.ROOT, "%.1f", value);
    }

    private static String row(String name, String... values) {
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-12s", name));
        for (String value : values) {
            line.append(String.format(Locale.ROOT, "%9s", value));
        }
        return line.append('\n').toString();
    }
}
