package dev.thaw.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class FindingTextTest {

    @Test
    void the_worst_comes_first_and_says_why_and_what_to_do() {
        Findings findings = new Findings(List.of(Finding.fine("all well"), Finding.stops("fd 7", "no image for it", "close it")));
        assertEquals("stops    fd 7\n         because: no image for it\n         try: close it\nfine     all well\nnext: thaw\n",
                FindingText.table(findings, List.of("next: thaw")));
        assertTrue(findings.stops());
        assertEquals("1 stops it", findings.summary());
    }

    @Test
    void no_line_is_longer_than_100_columns_unless_it_is_one_word() {
        String path = "/" + "x".repeat(120);
        Findings findings = new Findings(List.of(Finding.needs("word ".repeat(60).strip(), "a " + path + " b", "again ".repeat(40).strip())));
        List<String> lines = FindingText.table(findings, List.of()).lines().toList();
        assertTrue(lines.stream().filter(line -> !line.contains(path)).allMatch(line -> line.length() <= 100), lines.toString());
        assertTrue(lines.stream().anyMatch(line -> line.strip().equals(path)), lines.toString());
    }

    @Test
    void control_characters_are_printed_escaped() {
        assertEquals("note     a\\nb\n         because: c\n", FindingText.table(new Findings(List.of(Finding.note("a\nb", "c"))), List.of()));
    }

    @Test
    void the_same_finding_is_told_once() {
        assertEquals(1, new Findings(List.of(Finding.fine("x"), Finding.fine("x"))).all().size());
        assertEquals(Severity.FINE, new Findings(List.of()).verdict());
        assertEquals("nothing stands against it", new Findings(List.of()).summary());
    }
}
