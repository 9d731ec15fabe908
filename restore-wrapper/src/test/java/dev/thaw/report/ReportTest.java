package dev.thaw.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.linux.Errno;
import dev.thaw.linux.LinuxException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ReportTest {
    private static final Failure FAILURE = new Failure(123, "no source", List.of("it is gone", "so is its end"), List.of("--map", "--policy"));

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final ByteArrayOutputStream log = new ByteArrayOutputStream();

    private Report report(int verbosity, boolean quiet) {
        return new Report("restore", new PrintStream(err, true, StandardCharsets.UTF_8), verbosity, quiet)
                .alsoTo(new PrintStream(log, true, StandardCharsets.UTF_8));
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private String log() {
        return log.toString(StandardCharsets.UTF_8);
    }

    @Test
    void a_failure_says_what_why_and_what_to_do() {
        report(0, true).failure(FAILURE);
        assertEquals("thaw: restore: no source\n  because: it is gone\n  because: so is its end\n  try: --map\n  try: --policy\n", err());
    }

    @Test
    void several_findings_come_before_their_summary() {
        report(0, false).failure(Failure.all(121, "2 problems", List.of("nothing was touched"), List.of(FAILURE, Failure.of(121, "other", "why"))));
        assertTrue(err().matches("(?s)thaw: restore: no source\n.*thaw: restore: other\n  because: why\nthaw: restore: 2 problems\n"
                + "  because: nothing was touched\n"), err());
    }

    @Test
    void line_breaks_are_kept_and_other_control_characters_are_told() {
        report(0, false).warning("one\ntwo\u001b[31m");
        assertTrue(err().startsWith("thaw: restore: one\n    two"), err());
        assertTrue(!err().contains("\u001b") && err().endsWith("[31m\n"), err());
    }

    @ParameterizedTest
    @CsvSource({"0, false, W", "1, false, WD", "2, false, WDT", "2, true, ''", "0, true, ''"})
    void what_is_said_depends_on_how_much_is_asked_for(int verbosity, boolean quiet, String expected) {
        Report report = report(verbosity, quiet);
        report.warning("W");
        report.detail("D");
        report.trace("T");
        assertEquals(expected, err().replace("thaw: restore: ", "").replace("\n", ""));
        assertEquals(List.of("thaw: restore: W", "thaw: restore: D", "thaw: restore: T"),
                log().lines().map(line -> line.substring(line.indexOf(' ') + 1)).toList(), "the log has all of it");
        assertTrue(log().lines().allMatch(line -> line.matches("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z thaw: .*")), log());
    }

    @Test
    void a_stack_trace_is_for_those_who_ask_twice() {
        report(1, false).unexpected(new IllegalStateException("odd"));
        assertEquals("thaw: restore: a fault inside thaw stopped it: IllegalStateException: odd\n  try: again with -vv, which shows where, and report it\n", err());
        assertTrue(log().contains("\tat "), log());
        err.reset();
        report(2, false).unexpected(new IllegalStateException("odd"));
        assertTrue(err().contains("\tat "), err());
    }

    @Test
    void a_call_into_the_kernel_that_failed_is_no_fault_of_thaws() {
        report(0, false).unexpected(new LinuxException("open(/x)", new Errno(Errno.EACCES)));
        assertTrue(err().startsWith("thaw: restore: a call into the kernel failed: open(/x)"), err());
    }

    @Test
    void on_a_terminal_prose_is_broken_at_its_width_and_commands_are_not() {
        String command = "thaw restore --map 'pipe:[81734]=append:/var/log/app.log' IMAGE";
        Report report = new Report("restore", new PrintStream(err, true, StandardCharsets.UTF_8), () -> 40, 0, false)
                .alsoTo(new PrintStream(log, true, StandardCharsets.UTF_8));
        report.failure(new Failure(121, "no source for fd 5 of pid 4021 (postgres)", List.of("its reader was outside the dumped tree"), List.of("wait, or " + command)));
        assertEquals("""
                thaw: restore: no source for fd 5 of pid
                    4021 (postgres)
                  because: its reader was outside the
                    dumped tree
                  try: wait,
                    or thaw restore --map 'pipe:[81734]=append:/var/log/app.log' IMAGE
                """, err());
        assertTrue(log().contains("because: its reader was outside the dumped tree\n  try: wait, or " + command + "\n"), log());
    }

    @Test
    void without_a_command_the_program_speaks() {
        new Report("", new PrintStream(err, true, StandardCharsets.UTF_8), 0, false).warning("hello");
        assertEquals("thaw: hello\n", err());
    }
}
