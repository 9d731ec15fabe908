package dev.thaw.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class FindingTextTest {

    @Test
    void the_worst_comes_first_and_says_why_and_what_to_do() {
        Findings findings = new Findings(List.of(Finding.fine("all well"), Finding.stops("fd 7", "no image for it", "close it")));
        assertEquals("stops    fd 7\n         because: no image for it\n         try: close it\nfine     all well\nnext: thaw\n",
                FindingText.table(findings, List.of("next: thaw"), 100));
        assertTrue(findings.stops());
        assertEquals("1 stops it", findings.summary());
    }

    @Test
    void no_line_is_longer_than_100_columns_unless_it_is_one_word() {
        String path = "/" + "x".repeat(120);
        Findings findings = new Findings(List.of(Finding.needs("word ".repeat(60).strip(), "a " + path + " b", "again, ".repeat(40).strip())));
        List<String> lines = FindingText.table(findings, List.of(), 100).lines().toList();
        assertTrue(lines.stream().filter(line -> !line.contains(path)).allMatch(line -> line.length() <= 100), lines.toString());
        assertTrue(lines.stream().anyMatch(line -> line.strip().equals(path)), lines.toString());
    }

    @Test
    void findings_in_a_row_with_one_reason_are_explained_once_and_of_many_the_first_are_named() {
        List<Finding> many = IntStream.range(3, 28).mapToObj(fd -> Finding.stops("fd " + fd, "a ring", "no ring")).toList();
        List<String> lines = FindingText.table(new Findings(many), List.of(), 100).lines().toList();
        assertEquals(9 + 3, lines.size(), lines.toString());
        assertEquals(List.of("stops    fd 11", "stops    and 16 more like these; --json names each", "         because: a ring", "         try: no ring"),
                lines.subList(8, 12));
        assertEquals("stops    fd 3\nstops    fd 4\n         because: a ring\n         try: no ring\nneeds    fd 5\n         because: a ring\n",
                FindingText.table(new Findings(List.of(many.get(0), many.get(1), Finding.needs("fd 5", "a ring"))), List.of(), 100));
        assertEquals(12, FindingText.table(new Findings(IntStream.range(0, 12).mapToObj(i -> Finding.fine("fine " + i)).toList()), List.of(), 100).lines().count(),
                "what has no reason has none in common");
    }

    @Test
    void a_narrow_terminal_gets_narrow_lines() {
        String table = FindingText.table(new Findings(List.of(Finding.stops("word ".repeat(20), "so ".repeat(40), "kill 1234, or: kill 5678, or, as before, nothing"))),
                List.of(), 40);
        assertTrue(table.lines().allMatch(line -> line.length() <= 40), table);
        assertTrue(table.contains("try: kill 1234, or: kill 5678,\n           or, as before, nothing\n"), table);
    }

    @Test
    void control_characters_are_printed_escaped() {
        assertEquals("note     a\\nb\n         because: c\n", FindingText.table(new Findings(List.of(Finding.note("a\nb", "c"))), List.of(), 100));
    }

    @Test
    void the_same_finding_is_told_once() {
        assertEquals(1, new Findings(List.of(Finding.fine("x"), Finding.fine("x"))).all().size());
        assertEquals(Severity.FINE, new Findings(List.of()).verdict());
        assertEquals("nothing stands against it", new Findings(List.of()).summary());
    }
}
