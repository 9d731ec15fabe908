package dev.thaw.inspect;

import dev.thaw.inspect.Difference.Change;
import dev.thaw.linux.KernelString;
import java.util.List;
import java.util.Locale;

/** A {@link Difference} for people: {@code +} came, {@code -} went, {@code ~} is another. */
public final class DifferenceText {
    private DifferenceText() {}

    public static String of(Difference difference) {
        StringBuilder text = new StringBuilder(KernelString.printable(difference.before()) + "\n" + KernelString.printable(difference.after()) + "\n");
        section(text, "processes", difference.processes());
        section(text, "descriptors", difference.descriptors());
        section(text, "mapped and executed files", difference.files());
        section(text, "cgroups of the root", difference.cgroups());
        if (difference.isEmpty()) {
            text.append("\nno difference but in memory\n");
        }
        text.append("\nimages ").append(sizes(difference.memory().beforeBytes(), difference.memory().afterBytes())).append('\n');
        difference.memory().processes().forEach(change -> text.append("  ").append(KernelString.printable(change.what())).append("  ")
                .append(sizes(Long.parseLong(change.before()), Long.parseLong(change.after()))).append('\n'));
        return text.toString();
    }

    private static void section(StringBuilder text, String title, List<Change> changes) {
        if (changes.isEmpty()) {
            return;
        }
        text.append('\n').append(title).append('\n');
        for (Change change : changes) {
            String what = KernelString.printable(change.what());
            String before = KernelString.printable(change.before());
            String after = KernelString.printable(change.after());
            if (before.isEmpty() || after.isEmpty()) {
                text.append(before.isEmpty() ? "  + " : "  - ").append(what).append("  ").append(before).append(after).append('\n');
            } else {
                text.append("  ~ ").append(what).append("  ").append(before).append('\n').append("    ").append(" ".repeat(what.length())).append("  ")
                        .append(after).append('\n');
            }
        }
    }

    private static String sizes(long before, long after) {
        long grown = after - before;
        return InspectionText.mebibytes(before) + " to " + InspectionText.mebibytes(after) + " ("
                + String.format(Locale.ROOT, "%+.1f MiB", grown / 1048576.0) + ")";
    }
}
