package dev.thaw.rehearse;

import dev.thaw.check.FindingText;
import dev.thaw.compile.ShellText;
import dev.thaw.rehearse.Rehearsal.Cycle;
import java.util.List;
import java.util.Locale;

/** A {@link Rehearsal} for a terminal. */
public final class RehearsalText {
    static final String NO_MEMORY = "No memory was dumped or restored: a stand-in took criu's place, and the application did not run on.";

    private static final int NAME = 20;
    private static final String CONTINUED = " ".repeat(10);

    private RehearsalText() {}

    /** @param columns of a line */
    public static String of(Rehearsal rehearsal, int columns) {
        StringBuilder text = new StringBuilder();
        for (Cycle cycle : rehearsal.cycles()) {
            text.append("cycle ").append(cycle.number()).append(cycle.held() ? ": held\n" : ": did not hold\n");
            cycle.observations().forEach(one -> observation(text, one, columns));
        }
        if (!rehearsal.end().isEmpty()) {
            text.append("afterwards\n");
            rehearsal.end().forEach(one -> observation(text, one, columns));
        }
        List<Cycle> whole = rehearsal.cycles().stream().filter(cycle -> cycle.restoreMillis() > 0).toList();
        if (!whole.isEmpty()) {
            text.append(row("", "min", "p50", "p90", "p99", "max"));
            text.append(row("image MiB", whole.stream().mapToLong(Cycle::imageBytes).toArray(), 1 << 20));
            text.append(row("stopped ms", whole.stream().mapToLong(Cycle::stoppedMillis).toArray(), 1));
            text.append(row("restore ms", whole.stream().mapToLong(Cycle::restoreMillis).toArray(), 1));
        }
        long held = rehearsal.cycles().stream().filter(Cycle::held).count();
        FindingText.prose(text, "", CONTINUED, held + " of " + rehearsal.cyclesAsked() + (rehearsal.cyclesAsked() == 1 ? " cycle held" : " cycles held")
                + (rehearsal.changes().isEmpty() ? "" : ", with " + String.join(", ", rehearsal.changes())), columns);
        if (!rehearsal.memoryRestored()) {
            FindingText.prose(text, "", CONTINUED, NO_MEMORY, columns);
        }
        FindingText.remedy(text, "next: ", CONTINUED, next(rehearsal), columns);
        return text.toString();
    }

    /** The command that is to be typed now. */
    private static String next(Rehearsal rehearsal) {
        if (rehearsal.held()) {
            return rehearsal.memoryRestored() ? "thaw run --image IMAGE -- COMMAND" : "thaw rehearse --engine criu -- COMMAND, as root: it restores the memory too";
        }
        boolean looksInside = rehearsal.memoryRestored() && rehearsal.cycles().stream().anyMatch(cycle -> cycle.imageBytes() > 0 && !cycle.held());
        return !looksInside ? "thaw rehearse, after that"
                : rehearsal.image().isEmpty() ? "thaw rehearse --image DIR, which keeps the checkpoint: thaw inspect DIR shows what is in it"
                : "thaw inspect " + ShellText.quote(rehearsal.image());
    }

    private static void observation(StringBuilder text, Observation one, int columns) {
        String name = "  " + (one.held() ? "held  " : one.failed() ? "NOT   " : "--    ") + one.name();
        String gap = " ".repeat(Math.max(0, NAME + 8 - name.length()));
        if (gap.isEmpty()) {
            FindingText.prose(text, "", CONTINUED, name, columns);
        }
        FindingText.prose(text, gap.isEmpty() ? CONTINUED : name + gap, CONTINUED, one.what(), columns);
        one.because().forEach(reason -> FindingText.prose(text, "        because: ", CONTINUED, reason, columns));
        one.tries().forEach(remedy -> FindingText.remedy(text, "        try: ", CONTINUED, remedy, columns));
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
