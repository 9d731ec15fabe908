package dev.thaw.criu;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One block of rules.txt, where the parts are described. */
record FailureRule(
        String name, Kind kind, List<Pattern> matches, List<Pattern> exceptions, String cause, String advice, List<String> examples) {

    enum Kind { RULE, WEAK, HANG, HINT, NOISE }

    FailureRule {
        matches = List.copyOf(matches);
        exceptions = List.copyOf(exceptions);
        examples = List.copyOf(examples);
    }

    boolean fits(LogLine line) {
        return matches.stream().anyMatch(pattern -> pattern.matcher(line.text()).find());
    }

    /** Whether a line of the log speaks against the rule. */
    boolean excludedBy(LogLine line) {
        return exceptions.stream().anyMatch(pattern -> pattern.matcher(line.text()).find());
    }

    /** @param quoted lines to show with it */
    Optional<LogFinding> explain(LogLine line, List<LogLine> quoted) {
        return matches.stream().map(pattern -> pattern.matcher(line.text())).filter(Matcher::find).findFirst().map(match -> new LogFinding(
                filled(cause, match), filled(advice, match), quoted.stream().map(LogLine::raw).toList(), line.number(), name));
    }

    private static String filled(String template, Matcher match) {
        String result = template;
        for (int group = 1; group <= match.groupCount(); group++) {
            String value = match.group(group);
            result = result.replace("{" + group + "}", value == null ? "" : value);
        }
        return result;
    }
}
