package dev.thaw.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thaw.compile.ShellText;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.OpenFlags;
import dev.thaw.plan.Handover;
import dev.thaw.plan.PlanProblem;
import dev.thaw.plan.RestorePlan;
import dev.thaw.plan.Use;
import dev.thaw.report.Columns;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A plan as text: a table for people, JSON for programs, and the command line of criu. Pure. */
final class PlanPrinter {
    /** So that a line fits into 100 columns. */
    private static final int WAS_WIDTH = 26;
    private static final int GETS_WIDTH = 30;

    private PlanPrinter() {}

    static String table(RestorePlan plan, boolean explain) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(new ArrayList<>(List.of("DESCRIPTOR", "WAS", "GETS", "HOW")));
        for (Handover handover : plan.handovers()) {
            rows.add(row(handover.uses(), handover.what(), handover.opening().text(), handover.way().words()));
        }
        for (RestorePlan.Left left : plan.left()) {
            rows.add(row(left.uses(), left.what(), "as dumped", "left to CRIU"));
        }
        StringBuilder text = new StringBuilder("restore of pid " + plan.rootPid() + " from " + KernelString.printable(plan.imagesDirectory())
                + ": " + plan.handovers().size() + " handed over, " + plan.left().size() + " left to CRIU\n");
        text.append(Columns.of(rows));
        if (explain) {
            plan.handovers().forEach(handover -> text.append(handover.uses().get(0).text()).append(": ").append(handover.rule()).append(": ")
                    .append(KernelString.printable(handover.because())).append('\n'));
            plan.left().forEach(left -> text.append(left.uses().get(0).text()).append(": ").append(KernelString.printable(left.because()))
                    .append('\n'));
        }
        for (Handover handover : plan.handovers()) {
            if (handover.replay().size() > 0) {
                text.append("replayed: ").append(handover.replay().size()).append(" unread bytes of ").append(handover.what()).append('\n');
            }
        }
        plan.notes().forEach(note -> text.append("note: ").append(KernelString.printable(note)).append('\n'));
        return text.toString();
    }

    private static List<String> row(List<Use> uses, String was, String gets, String how) {
        String more = uses.size() > 1 ? " +" + (uses.size() - 1) : "";
        return new ArrayList<>(List.of(uses.get(0).text() + more, shortened(KernelString.printable(was), WAS_WIDTH), shortened(gets, GETS_WIDTH), how));
    }

    /** Both ends of a path tell more than its middle; the JSON has all of it. */
    private static String shortened(String text, int most) {
        int head = most / 3;
        return text.length() <= most ? text : text.substring(0, head) + "..." + text.substring(text.length() - (most - head - 3));
    }

    static String json(RestorePlan plan, List<String> criu) {
        JsonObject root = new JsonObject();
        root.addProperty("ready", true);
        root.addProperty("images", plan.imagesDirectory());
        root.addProperty("rootPid", plan.rootPid());
        JsonArray handovers = new JsonArray();
        for (Handover handover : plan.handovers()) {
            JsonObject entry = new JsonObject();
            entry.addProperty("number", handover.number());
            entry.addProperty("key", handover.key());
            entry.addProperty("way", handover.way().name().toLowerCase(java.util.Locale.ROOT).replace('_', '-'));
            entry.addProperty("was", handover.what());
            entry.addProperty("gets", handover.opening().text());
            entry.addProperty("flags", OpenFlags.describe(handover.flags()));
            entry.addProperty("replayBytes", handover.replay().size());
            entry.addProperty("rule", handover.rule());
            entry.addProperty("because", handover.because());
            entry.add("uses", uses(handover.uses()));
            handovers.add(entry);
        }
        root.add("handovers", handovers);
        JsonArray left = new JsonArray();
        for (RestorePlan.Left entry : plan.left()) {
            JsonObject object = new JsonObject();
            object.addProperty("was", entry.what());
            object.addProperty("because", entry.because());
            object.add("uses", uses(entry.uses()));
            left.add(object);
        }
        root.add("left", left);
        root.add("notes", strings(plan.notes()));
        root.add("pids", numbers(plan.numbers()));
        root.add("criu", strings(criu));
        return pretty(root);
    }

    static String rejectedJson(List<PlanProblem> problems) {
        JsonObject root = new JsonObject();
        root.addProperty("ready", false);
        JsonArray array = new JsonArray();
        for (PlanProblem problem : problems) {
            JsonObject entry = new JsonObject();
            entry.addProperty("what", problem.what());
            entry.add("because", strings(problem.because()));
            entry.add("try", strings(problem.tries()));
            array.add(entry);
        }
        root.add("problems", array);
        return pretty(root);
    }

    /** The line as one would type it; quoted for sh where needed. */
    static String shellLine(List<String> argv) {
        return argv.stream().map(ShellText::quote).collect(Collectors.joining(" ")) + "\n";
    }

    private static JsonArray uses(List<Use> uses) {
        JsonArray array = new JsonArray();
        for (Use use : uses) {
            JsonObject entry = new JsonObject();
            entry.addProperty("kind", use.kind().name().toLowerCase(java.util.Locale.ROOT));
            entry.add("pids", numbers(use.pids()));
            if (use.kind() == Use.Kind.DESCRIPTOR) {
                entry.addProperty("fd", use.fd());
            }
            array.add(entry);
        }
        return array;
    }

    private static JsonArray strings(List<String> texts) {
        JsonArray array = new JsonArray();
        texts.forEach(array::add);
        return array;
    }

    private static JsonArray numbers(List<Integer> numbers) {
        JsonArray array = new JsonArray();
        numbers.forEach(array::add);
        return array;
    }

    private static String pretty(JsonObject root) {
        return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(root) + "\n";
    }
}
