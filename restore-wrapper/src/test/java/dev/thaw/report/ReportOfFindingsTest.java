package dev.thaw.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;

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

    private static Failure finding(String what, String because, String toTry) {
        return Failure.of(ExitCode.PLAN, what, because, toTry);
    }
}
