package dev.thaw.restore;

import dev.thaw.criu.CriuCommandLine;
import dev.thaw.criu.CriuLog;
import dev.thaw.criu.LogFinding;
import dev.thaw.plan.RestorePlan;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a failed criu means, in plain words: the cause from its log or its stderr, the lines it stands in, where the whole log is. */
final class CriuFailure {
    private CriuFailure() {}

    static Failure timedOut(CriuRun.Outcome outcome, WorkDirectory work, String limit) {
        work.keep();
        List<String> because = new ArrayList<>();
        because.add("criu has no time limit of its own; the processes it had restored so far were ended");
        lastLine(outcome.log()).ifPresent(line -> because.add("its log ends with: " + line));
        because.add("the whole log: " + work.file(CriuCommandLine.LOG_FILE));
        return new Failure(ExitCode.TIME_LIMIT, "criu did not finish within " + limit, because,
                List.of("--timeout with a longer duration, if the image is large", "thaw explain " + work.file(CriuCommandLine.LOG_FILE)));
    }

    static Failure of(CriuRun.Outcome outcome, WorkDirectory work, RestorePlan plan) {
        work.keep();
        // Option errors are on stderr only, before criu has a log.
        Optional<LogFinding> finding = CriuLog.parse(outcome.log()).finding().or(() -> CriuLog.parse(outcome.said()).finding());
        List<String> because = new ArrayList<>();
        finding.ifPresent(found -> {
            because.add(found.cause());
            found.lines().forEach(line -> because.add("criu: " + line));
        });
        because.add("the whole log: " + work.file(CriuCommandLine.LOG_FILE));
        List<String> tries = new ArrayList<>();
        finding.map(LogFinding::advice).filter(advice -> !advice.isEmpty()).ifPresent(tries::add);
        tries.add("a cold start: the images are as they were");
        String status = outcome.status().map(ended -> "status " + ended.exitCode()).orElse("no status");
        return new Failure(ExitCode.CRIU, "criu could not restore pid " + plan.rootPid() + " (" + status + ")", because, tries);
    }

    private static Optional<String> lastLine(String log) {
        String[] lines = log.strip().split("\n");
        return lines[lines.length - 1].isBlank() ? Optional.empty() : Optional.of(lines[lines.length - 1]);
    }
}
