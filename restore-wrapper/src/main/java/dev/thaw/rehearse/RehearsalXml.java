package dev.thaw.rehearse;

import dev.thaw.linux.KernelString;
import dev.thaw.rehearse.Rehearsal.Cycle;
import java.util.List;
import java.util.Locale;

/** A {@link Rehearsal} in the form that CI systems read: JUnit's XML, a test case for each thing that was looked at. */
public final class RehearsalXml {
    private RehearsalXml() {}

    public static String of(Rehearsal rehearsal) {
        StringBuilder cases = new StringBuilder();
        int[] counts = new int[3];
        for (Cycle cycle : rehearsal.cycles()) {
            cycle.observations().forEach(one -> testCase(cases, "cycle " + cycle.number(), one, cycle, counts));
        }
        rehearsal.end().forEach(one -> testCase(cases, "afterwards", one, null, counts));
        String seconds = seconds(rehearsal.cycles().stream().mapToLong(cycle -> cycle.checkpointMillis() + cycle.restoreMillis()).sum());
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"thaw rehearse " + escaped(String.join(" ", rehearsal.command())) + "\" tests=\"" + counts[0]
                + "\" failures=\"" + counts[1] + "\" errors=\"0\" skipped=\"" + counts[2] + "\" time=\"" + seconds + "\">\n  <properties>\n    <property name=\"engine\" value=\""
                + escaped(rehearsal.engine()) + "\"/>\n    <property name=\"memory\" value=\"" + (rehearsal.memoryRestored() ? "dumped and restored" : "not restored")
                + "\"/>\n    <property name=\"changes\" value=\"" + escaped(String.join(",", rehearsal.changes())) + "\"/>\n  </properties>\n" + cases + "</testsuite>\n";
    }

    private static void testCase(StringBuilder text, String className, Observation one, Cycle cycle, int[] counts) {
        counts[0]++;
        long millis = cycle == null ? 0 : one.name().equals("checkpoint") ? cycle.checkpointMillis() : one.name().equals("restore") ? cycle.restoreMillis() : 0;
        text.append("  <testcase classname=\"").append(escaped(className)).append("\" name=\"").append(escaped(one.name())).append("\" time=\"")
                .append(seconds(millis)).append('"');
        if (one.held()) {
            text.append("/>\n");
            return;
        }
        if (!one.failed()) {
            counts[2]++;
            text.append(">\n    <skipped message=\"").append(escaped(one.what())).append("\"/>\n  </testcase>\n");
            return;
        }
        counts[1]++;
        text.append(">\n    <failure message=\"").append(escaped(one.what())).append("\">").append(escaped(lines(one))).append("</failure>\n  </testcase>\n");
    }

    private static String lines(Observation one) {
        StringBuilder text = new StringBuilder();
        one.because().forEach(reason -> text.append("because: ").append(reason).append('\n'));
        one.tries().forEach(remedy -> text.append("try: ").append(remedy).append('\n'));
        return text.toString();
    }

    private static String seconds(long millis) {
        return String.format(Locale.ROOT, "%.3f", millis / 1000.0);
    }

    /** Line breaks stay; what XML cannot hold is written as text. */
    private static String escaped(String text) {
        List<String> lines = List.of(text.split("\n", -1));
        return String.join("\n", lines.stream().map(KernelString::printable).toList()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
