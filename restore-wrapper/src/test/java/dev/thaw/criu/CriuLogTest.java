package dev.thaw.criu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class CriuLogTest {
    private static final String BEGIN = """
            (00.000000) CRIU run id = 596d8ee8-8860-4578-aed6-c36eff2a8634
            (00.000072) Version: 4.2.1 (gitid 0)
            (00.041116) Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted
            (00.042332)   5956: Restoring namespaces 5956 flags 0x0
            """;
    private static final String END = """
            (00.091000)   5956: Error (criu/files.c:1211): Unable to open fd=5 id=0x7
            (00.091100) Error (criu/cr-restore.c:1265): 5956 exited, status=1
            (00.091200) Error (criu/cr-restore.c:1269): 5963 killed by signal 9: Killed
            (00.091300) Error (criu/cr-restore.c:2331): Restoring FAILED.
            """;

    @ParameterizedTest
    @MethodSource("examples")
    void a_rule_explains_its_example_in_the_middle_of_a_failed_log(String rule, String example) {
        LogFinding finding = CriuLog.parse(BEGIN + example + "\n" + END).finding().orElseThrow();
        assertEquals(rule, finding.rule());
        assertEquals(5, finding.lineNumber());
        assertTrue(finding.lines().contains(example), () -> "not quoted: " + finding.lines());
        assertFalse(finding.cause().matches(".*\\{\\d}.*"), finding::cause);
        assertFalse(finding.advice().matches(".*\\{\\d}.*"), finding::advice);
    }

    /** On a full disk criu says the same at each image that it closes. */
    @Test
    void what_is_said_again_is_quoted_once() {
        String full = "Error (criu/page-xfer.c:310): Unable to write pages: No space left on device";
        String flush = "Error (criu/bfd.c:200): Error flushing image: No space left on device";
        StringBuilder log = new StringBuilder("(00.070000) " + full + "\n");
        for (int i = 1; i <= 4; i++) {
            log.append("(00.07000").append(i).append(") ").append(flush).append('\n');
        }
        log.append("(00.080000) Error (criu/cr-dump.c:2111): Dumping FAILED.\n");
        LogFinding finding = CriuLog.parse(log.toString()).finding().orElseThrow();
        assertTrue(finding.known(), finding::toString);
        assertEquals(1, finding.lines().stream().filter(line -> line.endsWith(flush)).count(), finding::toString);
        assertTrue(finding.lines().get(0).endsWith(full), finding::toString);
    }

    static Stream<Arguments> examples() {
        return of(FailureRule.Kind.RULE, FailureRule.Kind.WEAK);
    }

    @ParameterizedTest
    @MethodSource("hangs")
    void a_log_that_stops_at_a_known_place_is_a_hang(String rule, String example) {
        assertEquals(rule, CriuLog.parse(BEGIN + example).finding().orElseThrow().rule());
        assertFalse(CriuLog.parse(BEGIN + example + "\n" + END).finding().orElseThrow().known(), "a log that ends does not hang");
    }

    static Stream<Arguments> hangs() {
        return of(FailureRule.Kind.HANG);
    }

    @ParameterizedTest
    @MethodSource("hints")
    void a_hint_is_found_beside_the_outcome(String rule, String example) {
        assertEquals(List.of(rule), CriuLog.parse(BEGIN + example).hints().stream().map(LogFinding::rule).toList());
    }

    static Stream<Arguments> hints() {
        return of(FailureRule.Kind.HINT);
    }

    @ParameterizedTest
    @MethodSource("noise")
    void noise_is_never_the_cause(String rule, String example) {
        String log = BEGIN + "(00.080000) Error (criu/new.c:1): a thing nobody has seen\n" + example;
        assertEquals("a thing nobody has seen", CriuLog.parse(log).finding().orElseThrow().cause(), rule);
    }

    static Stream<Arguments> noise() {
        return of(FailureRule.Kind.NOISE);
    }

    private static Stream<Arguments> of(FailureRule.Kind... kinds) {
        return RuleBook.shipped().stream()
                .filter(rule -> Set.of(kinds).contains(rule.kind()))
                .flatMap(rule -> rule.examples().stream().map(example -> Arguments.of(rule.name(), example)));
    }

    @Test
    void a_rule_has_its_own_name_something_to_do_and_no_group_that_a_match_lacks() {
        Set<String> names = new HashSet<>();
        for (FailureRule rule : RuleBook.shipped()) {
            assertTrue(names.add(rule.name()), () -> "two rules are named " + rule.name());
            int groups = rule.matches().stream().mapToInt(CriuLogTest::groups).min().orElse(0);
            for (int i = groups + 1; i < 10; i++) {
                String group = "{" + i + "}";
                assertFalse((rule.cause() + rule.advice()).contains(group), () -> rule.name() + " uses " + group + ", which not every match has");
            }
            assertTrue(rule.kind() == FailureRule.Kind.NOISE || !rule.advice().isEmpty(), () -> rule.name() + " says nothing to do");
        }
    }

    private static int groups(Pattern pattern) {
        return pattern.matcher("").groupCount();
    }

    @Test
    void numbers_of_the_line_are_in_the_words() {
        String line = "(00.04)   5956: Error (criu/files-reg.c:2180): File var/log/app.log has bad size 5120 (expect 4096)\n";
        LogFinding finding = CriuLog.parse(line + END).finding().orElseThrow();
        assertEquals("var/log/app.log has changed since the checkpoint: it had 4096 bytes and has 5120 now", finding.cause());
        assertTrue(finding.advice().contains("--map '/var/log/app.log=append:/var/log/app.log'"), finding::advice);
    }

    @Test
    void the_first_known_line_is_the_cause_and_what_follows_it_is_quoted() {
        String log = BEGIN + """
                (00.050000) Error (criu/sk-unix.c:880): unix: External socket is used. Consider using --ext-unix-sk option.
                (00.050001) Error (criu/files.c:600): ----------------------------------------
                (00.050002) Error (criu/cr-dump.c:1): Can't open file tmp/x on restore: No such file or directory
                """ + END;
        LogFinding finding = CriuLog.parse(log).finding().orElseThrow();
        assertEquals("unix-peer-outside", finding.rule());
        assertEquals(3, finding.lines().size());
    }

    @Test
    void an_unknown_failure_gives_the_last_error_that_means_something() {
        String log = BEGIN + """
                pie: 5956: Daemon waits for command
                (00.050000) Error (criu/first.c:1): a probe found nothing
                (00.050001)   5956: Error (criu/second.c:1): the thing that failed
                """ + END;
        LogFinding finding = CriuLog.parse(log).finding().orElseThrow();
        assertFalse(finding.known());
        assertEquals("the thing that failed", finding.cause());
        assertEquals(7, finding.lineNumber());
        assertEquals(2, finding.lines().size(), "details are no errors, with or without a time");
    }

    @Test
    void a_log_without_an_error_that_stops_is_said_to_stop() {
        LogFinding finding = CriuLog.parse(BEGIN).finding().orElseThrow();
        assertFalse(finding.known());
        assertEquals(List.of("(00.042332)   5956: Restoring namespaces 5956 flags 0x0"), finding.lines());
    }

    @Test
    void option_errors_on_stderr_have_no_time_and_are_read_all_the_same() {
        String stderr = "Error (criu/files.c:1560): Can't fstat inherit fd 7: Bad file descriptor\n";
        LogFinding finding = CriuLog.parse(stderr).finding().orElseThrow();
        assertEquals("inherit-fd-closed", finding.rule());
        assertTrue(finding.cause().contains("descriptor 7"), finding::cause);
    }

    @Test
    void a_success_has_no_cause_even_with_the_harmless_error() {
        CriuLog log = CriuLog.parse(BEGIN + "(00.090300) Restore finished successfully. Tasks resumed.\n(00.0904) Writing stats\n");
        assertTrue(log.succeeded());
        assertEquals(Optional.empty(), log.finding());
        assertEquals(Optional.empty(), CriuLog.parse("").finding());
    }

    @Test
    void a_restore_that_took_a_descriptor_gets_no_hint_about_keys() {
        CriuLog log = CriuLog.parse(BEGIN + """
                (00.050000)   5956: Found id var/log/app.log (fd 5) in inherit fd list
                (00.090300) Restore finished successfully. Tasks resumed.
                """);
        assertEquals(List.of(), log.hints());
    }

    @Test
    void a_key_that_fits_nothing_is_no_descriptor_that_was_taken() {
        CriuLog log = CriuLog.parse(BEGIN + """
                (00.000100) File /var/log/app.log will be restored from inherit fd 100
                (00.090300) Restore finished successfully. Tasks resumed.
                """);
        assertEquals(List.of("nothing-handed-over"), log.hints().stream().map(LogFinding::rule).toList());
    }

    @Test
    void each_rule_is_shown_with_a_real_criu_or_says_why_not() throws IOException {
        Path docs = Path.of(System.getProperty("thaw.root", "..")).resolve("docs");
        String shown = Files.readString(docs.resolve("explained.md")) + Files.readString(docs.resolve("foretold.md"));
        assertEquals(List.of(), RuleBook.shipped().stream().filter(rule -> rule.kind() != FailureRule.Kind.NOISE).map(FailureRule::name)
                .filter(name -> !shown.contains("| " + name + " |") && !shown.contains("- " + name + ": ")).toList());
    }

    @Test
    void a_long_log_is_read_in_no_time() {
        String log = BEGIN + "(00.050000)   5956: pagemap-cache: filled VMA 7f62fa3db000-7f62fa3dd000 (took 3 µs)\n".repeat(50_000) + END;
        assertTimeout(Duration.ofSeconds(10), () -> CriuLog.parse(log).finding());
    }

    @Test
    void a_malformed_rule_is_named_by_its_line() {
        assertEquals("rules.txt line 3: unknown field: bogus x", message("# comment\nrule a\nbogus x\n"));
        assertEquals("rules.txt line 1: a block begins with rule, weak, hang, hint or noise, and a name", message("match x\n"));
        assertEquals("rules.txt line 1: a lacks match, cause or example", message("rule a\nmatch x\n"));
        assertTrue(message("rule a\nmatch (\n").startsWith("rules.txt line 2: "));
    }

    private static String message(String rules) {
        return assertThrows(IllegalArgumentException.class, () -> RuleBook.parse(rules)).getMessage();
    }
}
