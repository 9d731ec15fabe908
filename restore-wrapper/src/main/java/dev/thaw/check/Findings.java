package dev.thaw.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;

/** All that a check has found, worst first; among equals in the order in which it was found. */
public record Findings(List<Finding> all) {
    public Findings {
        List<Finding> sorted = new ArrayList<>(new LinkedHashSet<>(all));
        sorted.sort(Comparator.comparing(Finding::severity));
        all = List.copyOf(sorted);
    }

    /** The worst there is; FINE when there is nothing. */
    public Severity verdict() {
        return all.isEmpty() ? Severity.FINE : all.get(0).severity();
    }

    public boolean stops() {
        return verdict() == Severity.STOPS;
    }

    public int count(Severity severity) {
        return (int) all.stream().filter(finding -> finding.severity() == severity).count();
    }

    /** {@code 1 stops it, 2 differ afterwards}; for one line. */
    public String summary() {
        List<String> parts = new ArrayList<>();
        add(parts, count(Severity.STOPS), "stops it", "stop it");
        add(parts, count(Severity.NEEDS), "needs something of you", "need something of you");
        add(parts, count(Severity.DIFFERS), "differs afterwards", "differ afterwards");
        return parts.isEmpty() ? "nothing stands against it" : String.join(", ", parts);
    }

    private static void add(List<String> parts, int count, String one, String many) {
        if (count > 0) {
            parts.add(count + " " + (count == 1 ? one : many));
        }
    }
}
