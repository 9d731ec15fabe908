package dev.thaw.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReportOfFindingsTest {
    @Test
    void findings_in_a_row_with_one_reason_are_explained_once() {
        Failure all = Failure.all(ExitCode.PLAN, "pid 7 cannot be dumped: 4 problems", List.of("nothing was touched"), List.of(
                finding("fd 4", "a ring", "no ring"), finding("fd 5", "a ring", "no ring"),
                finding("fd 6", "a ring", "another remedy"), finding("fd 7", "a ring", "no ring")));
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        new Report("checkpoint", new PrintStream(err, true, UTF_8), 0, true).failure(all);
        assertEquals("""
                thaw: checkpoint: fd 4
                thaw: checkpoint: fd 5
                  because: a ring
                  try: no ring
                thaw: checkpoint: fd 6
                  because: a ring
                  try: another remedy
                thaw: checkpoint: fd 7
                  because: a ring
                  try: no ring
                thaw: checkpoint: pid 7 cannot be dumped: 4 problems
                  because: nothing was touched
                """, err.toString(UTF_8));
    }

    @ParameterizedTest
    @CsvSource({"0, 9, true", "1, 25, false"})
    void of_many_the_first_are_named_and_each_in_the_log_and_with_v(int verbosity, int named, boolean counted) {
        List<Failure> many = IntStream.range(0, 25).mapToObj(pid -> finding("pid " + pid, "memory", "none")).toList();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        new Report("checkpoint", new PrintStream(err, true, UTF_8), verbosity, false).alsoTo(new PrintStream(log, true, UTF_8))
                .failure(Failure.all(ExitCode.PLAN, "25 problems", List.of(), many));
        assertEquals(named, err.toString(UTF_8).lines().filter(line -> line.startsWith("thaw: checkpoint: pid ")).count());
        assertEquals(counted, err.toString(UTF_8).contains("thaw: checkpoint: and 16 more like these; -v names each\n  because: memory\n  try: none\n"));
        assertEquals(25, log.toString(UTF_8).lines().filter(line -> line.contains("thaw: checkpoint: pid ")).count());
    }

    private static Failure finding(String what, String because, String toTry) {
        return Failure.of(ExitCode.PLAN, what, because, toTry);
    }
}
