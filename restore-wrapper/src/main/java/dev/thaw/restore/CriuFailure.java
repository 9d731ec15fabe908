package dev.thaw.restore;

import dev.thaw.criu.CriuLog;
import dev.thaw.criu.LogContext;
import dev.thaw.criu.LogFinding;
import dev.thaw.plan.RestorePlan;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What a failed criu means, in plain words: the cause from its log or its stderr, the lines it stands in, where the whole log is. */
final class CriuFailure {
    private CriuFailure() {}

    /**
     * @param log where the whole log was kept
     * @param context what the image knows of those whom the log names by number
     */
    static Failure timedOut(CriuRun.Outcome outcome, Optional<String> log, String limit, LogContext context) {
        List<String> because = new ArrayList<>();
        because.add("criu has no time limit of its own; the processes it had restored so far were ended");
        lastLine(outcome.log()).ifPresent(line -> because.add("its log ends with: " + line));
        List<String> tries = new ArrayList<>();
        CriuLog parsed = CriuLog.parse(outcome.log());
        parsed.finding().filter(LogFinding::known).ifPresent(found -> {
            because.add(found.cause());
            parsed.concerned(found, context).forEach(one -> because.add("it concerns " + one));
            tries.add(found.advice());
        });
        tries.add("--timeout with a longer duration, if the image is large");
        log.ifPresent(path -> {
            because.add("the whole log: " + path);
            tries.add("thaw explain " + path);
        });
        return new Failure(ExitCode.TIME_LIMIT, "criu did not finish within " + limit, because, tries);
    }

    /** @param context what the image knows of those whom the log names by number */
    static Failure of(CriuRun.Outcome outcome, Optional<String> log, RestorePlan plan, LogContext context) {
        // Option errors are on stderr only, before criu has a log.
        CriuLog parsed = Stream.of(outcome.log(), outcome.said()).map(CriuLog::parse).filter(one -> one.finding().isPresent()).findFirst().orElse(CriuLog.parse(""));
        Optional<LogFinding> finding = parsed.finding();
        List<String> because = new ArrayList<>();
        finding.ifPresent(found -> {
            because.add(found.cause());
            parsed.concerned(found, context).forEach(one -> because.add("it concerns " + one));
            found.lines().forEach(line -> because.add("criu: " + line));
        });
        log.ifPresent(path -> because.add("the whole log: " + path));
        List<String> tries = new ArrayList<>();
        finding.map(LogFinding::advice).filter(advice -> !advice.isEmpty()).ifPresent(tries::add);
        tries.add("a cold start: the images are as they were");
        String status = outcome.status().map(ended -> "status " + ended.exitCode()).orElse("no status");
        return new Failure(ExitCode.CRIU, "criu could not restore pid " + plan.rootPid() + " (" + status + ")", because, tries,
                isTakenNumber(outcome) ? new NotTheImagesFault("a number of the image is taken") : null);
    }

    /** Whether a number of the image was taken although it had seemed free: what the next attempt may find otherwise. */
    static boolean isTakenNumber(CriuRun.Outcome outcome) {
        return outcome.log().contains("Can't fork for ") && outcome.log().contains(": File exists")
                || outcome.log().contains("Unable to create a thread: -17");
    }

    private static Optional<String> lastLine(String log) {
        String[] lines = log.strip().split("\n");
        return lines[lines.length - 1].isBlank() ? Optional.empty() : Optional.of(lines[lines.length - 1]);
    }
}
