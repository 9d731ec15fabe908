package dev.thaw.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.report.Lines;
import java.util.List;

/** What every finding has to be: short enough to read at three in the morning, in a terminal of 100 columns, with something to do. */
public final class AtThree {
    private static final int COLUMNS = 100;
    private static final int LINES = 2;

    private AtThree() {}

    public static void assertReadable(Findings findings) {
        for (Finding finding : findings.all()) {
            if (finding.severity().compareTo(Severity.NOTE) < 0) {
                assertFalse(finding.because().isEmpty(), () -> "says not why: " + finding);
                assertFalse(finding.tries().isEmpty(), () -> "says nothing to do: " + finding);
            }
            assertShort(finding.what(), finding);
            finding.because().forEach(text -> assertShort(text, finding));
            finding.tries().forEach(text -> assertShort(text, finding));
            for (String line : FindingText.table(new Findings(List.of(finding)), List.of(), COLUMNS).lines().toList()) {
                assertTrue(line.length() <= COLUMNS, () -> "wider than " + COLUMNS + ": " + line);
            }
        }
    }

    /** @return the first finding that says this, with this severity */
    public static Finding found(Findings findings, Severity severity, String what) {
        Finding found = findings.all().stream().filter(finding -> finding.what().contains(what)).findFirst()
                .orElseThrow(() -> new AssertionError("not found: " + what + " in " + findings));
        assertEquals(severity, found.severity(), findings::toString);
        return found;
    }

    private static void assertShort(String text, Finding finding) {
        int first = COLUMNS - "         because: ".length();
        assertTrue(Lines.ofProse(text, first, COLUMNS - 11).size() <= LINES, () -> "more than " + LINES + " lines: " + text + " in " + finding);
    }
}
