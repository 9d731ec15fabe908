package dev.thaw.checkpoint;

import dev.thaw.criu.CriuLog;
import dev.thaw.criu.LogContext;
import dev.thaw.criu.LogFinding;
import dev.thaw.report.Durations;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Puts a failed dump into words. Pure.
 *
 * @param root of the tree, as the user knows it
 * @param log criu's own
 * @param output what criu wrote to its streams
 * @param wrong what is not as it was before; empty when the tree runs on
 * @param current the generation that still counts
 * @param keptLog where the log is to be found
 * @param context who may be meant by its numbers
 */
record DumpFailure(String root, String log, String output, List<String> wrong, Optional<String> current, Optional<String> keptLog,
                   LogContext context) {
    private static final int QUOTED_LINES = 2;

    /** criu ended with an error. */
    Failure refused(int criuStatus) {
        // Mistakes in options are told on the streams only, before there is a log.
        CriuLog parsed = CriuLog.parse(log);
        Optional<LogFinding> finding = parsed.finding().or(() -> CriuLog.parse(output).finding().filter(LogFinding::known));
        List<String> because = new ArrayList<>();
        List<String> tries = new ArrayList<>();
        if (finding.isPresent()) {
            because.add(finding.get().cause());
            parsed.concerned(finding.get(), context).forEach(one -> because.add("it concerns " + one));
            finding.get().lines().forEach(line -> because.add("criu: " + line.strip()));
            if (!finding.get().advice().isEmpty()) {
                tries.add(finding.get().advice());
            }
        } else if (!output.isBlank()) {
            // The mistake is in the first line, and the whole of criu's help may follow.
            output.lines().filter(line -> !line.isBlank()).limit(QUOTED_LINES).forEach(line -> because.add("criu: " + line.strip()));
        } else {
            because.add("criu ended with status " + criuStatus + " and wrote no reason");
        }
        return failure(ExitCode.CRIU, "criu could not dump " + root, because, tries);
    }

    /** criu was ended for taking too long. */
    Failure late(Duration limit) {
        List<String> because = new ArrayList<>(List.of("the dump had not ended after " + Durations.format(limit)));
        String[] lines = log.strip().split("\n");
        if (!lines[lines.length - 1].isBlank()) {
            because.add("criu came as far as: " + lines[lines.length - 1].strip());
        }
        return failure(ExitCode.TIME_LIMIT, "the checkpoint of " + root + " was given up", because, List.of("--timeout with more time"));
    }

    /** The images were written, and are not good. */
    Failure worthless(int exitCode, List<String> reasons, List<String> tries) {
        return failure(exitCode, "the images of " + root + " were written, and are of no use", reasons, tries);
    }

    private Failure failure(int exitCode, String what, List<String> reasons, List<String> remedies) {
        List<String> because = new ArrayList<>(reasons);
        List<String> tries = new ArrayList<>(remedies);
        if (wrong.isEmpty()) {
            because.add(root + " runs on as before" + current.map(name -> ", and generation " + name + " is still current").orElse(""));
        } else {
            because.addAll(wrong);
        }
        keptLog.ifPresent(path -> tries.add("the whole log: " + path));
        return new Failure(exitCode, what, because, tries);
    }
}
