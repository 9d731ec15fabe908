package dev.thaw.criu;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A log of criu's: dump.log, restore.log, or what it printed on stderr. Neither the first line with "Error" in it nor the last one is the
 * cause, as a rule: criu goes on after some errors, and reports each failure again in every function that it passes on its way out.
 */
public final class CriuLog {
    /** Before a hang the other tasks may write a few lines more. */
    private static final int LINES_BEFORE_HANG = 15;
    private static final int QUOTED_LINES = 6;
    /** After a mistake in its options criu prints all that it has. */
    private static final String HELP = "Usage:";
    private static final String HELP_END = "Try -h|--help";
    private static final String UNKNOWN = "thaw check pid PID before a checkpoint, thaw check image IMAGE before a restore: they look for causes by themselves";

    private final List<LogLine> lines;
    private final List<FailureRule> rules;

    private CriuLog(List<LogLine> lines, List<FailureRule> rules) {
        this.lines = List.copyOf(lines);
        this.rules = rules;
    }

    public static CriuLog parse(String text) {
        return parse(text, RuleBook.shipped());
    }

    static CriuLog parse(String text, List<FailureRule> rules) {
        List<LogLine> lines = new ArrayList<>();
        int number = 0;
        boolean help = false;
        for (String raw : text.split("\r?\n", -1)) {
            number++;
            help |= raw.equals(HELP);
            if (!raw.isBlank() && !help) {
                lines.add(LogLine.parse(number, raw));
            }
            help &= !raw.startsWith(HELP_END);
        }
        return new CriuLog(lines, rules);
    }

    /** Whether criu says that it did what it should. */
    public boolean succeeded() {
        return lines.stream().anyMatch(line -> line.level() == LogLine.Level.DETAIL
                && (line.text().startsWith("Restore finished successfully") || line.text().equals("Dumping finished successfully")));
    }

    /** Whether any line has the form of criu's. */
    public boolean isCrius() {
        return lines.stream().anyMatch(line -> line.level() != LogLine.Level.UNMARKED);
    }

    /** Why it failed; empty for a log of a success, and for one without any line. */
    public Optional<LogFinding> finding() {
        if (succeeded() || lines.isEmpty()) {
            return Optional.empty();
        }
        List<LogLine> errors = lines.stream().filter(this::mayTellCause).toList();
        return explained(FailureRule.Kind.RULE, errors)
                .or(() -> explained(FailureRule.Kind.WEAK, errors))
                .or(this::hang)
                .or(() -> unknown(errors));
    }

    /** Who is meant by the pids, descriptors and paths of a finding, for example {@code fd 5 of pid 4021 (postgres): /var/log/app.log}. */
    public List<String> concerned(LogFinding finding, LogContext context) {
        return LogMentions.of(lines, finding.lineNumber(), context);
    }

    /** What else the log tells, whether criu succeeded or not. */
    public List<LogFinding> hints() {
        List<LogFinding> hints = new ArrayList<>();
        for (FailureRule rule : ofKind(FailureRule.Kind.HINT)) {
            if (lines.stream().noneMatch(rule::excludedBy)) {
                lines.stream().filter(rule::fits).findFirst().flatMap(line -> rule.explain(line, List.of(line))).ifPresent(hints::add);
            }
        }
        return List.copyOf(hints);
    }

    private List<FailureRule> ofKind(FailureRule.Kind kind) {
        return rules.stream().filter(rule -> rule.kind() == kind).toList();
    }

    private boolean mayTellCause(LogLine line) {
        boolean loud = line.level() == LogLine.Level.ERROR || line.level() == LogLine.Level.UNMARKED;
        return loud && ofKind(FailureRule.Kind.NOISE).stream().noneMatch(rule -> rule.fits(line));
    }

    /** The first line that a rule knows: what comes after it is often its consequence. */
    private Optional<LogFinding> explained(FailureRule.Kind kind, List<LogLine> errors) {
        for (LogLine line : errors) {
            for (FailureRule rule : ofKind(kind)) {
                if (rule.fits(line)) {
                    return rule.explain(line, around(line, errors));
                }
            }
        }
        return Optional.empty();
    }

    /** A log that just stops: criu waits for something for ever, or was ended while it did. */
    private Optional<LogFinding> hang() {
        if (lines.stream().anyMatch(line -> line.level() == LogLine.Level.ERROR && line.text().endsWith(" FAILED."))) {
            return Optional.empty();
        }
        for (int i = lines.size() - 1; i >= Math.max(0, lines.size() - LINES_BEFORE_HANG); i--) {
            LogLine line = lines.get(i);
            for (FailureRule rule : ofKind(FailureRule.Kind.HANG)) {
                if (rule.fits(line)) {
                    return rule.explain(line, List.of(line));
                }
            }
        }
        return Optional.empty();
    }

    private Optional<LogFinding> unknown(List<LogLine> errors) {
        if (errors.isEmpty()) {
            LogLine last = lines.get(lines.size() - 1);
            return Optional.of(new LogFinding("criu stopped without naming an error: it was ended from outside, or it hangs",
                    "the last line tells how far it came; a longer --timeout helps only if it was still at work",
                    List.of(last.raw()), last.number(), ""));
        }
        LogLine last = errors.get(errors.size() - 1);
        return Optional.of(new LogFinding(last.text(), UNKNOWN, around(last, errors).stream().map(LogLine::raw).toList(), last.number(), ""));
    }

    /** The line with the errors before and after it, in the log's order; what is said again is there once. */
    private static List<LogLine> around(LogLine line, List<LogLine> all) {
        Set<String> said = new HashSet<>(Set.of(line.text()));
        List<LogLine> errors = all.stream().filter(error -> error == line || said.add(error.text())).toList();
        int at = errors.indexOf(line);
        int from = Math.max(0, Math.min(at - QUOTED_LINES / 2, errors.size() - QUOTED_LINES));
        return errors.subList(from, Math.min(errors.size(), from + QUOTED_LINES));
    }
}
