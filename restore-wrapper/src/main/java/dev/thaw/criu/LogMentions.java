package dev.thaw.criu;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Finds the pids, descriptors, file ids, inodes and paths in lines of a log, and says who that is. Only what the context knows is named: a
 * number that merely looks like one is none of its processes, and a descriptor of criu's own is not preceded by {@code fd=}.
 */
final class LogMentions {
    private static final int SHOWN = 4;
    /** How many lines after the deciding one may say more of the same failure. */
    private static final int LINES_AFTER = 8;

    private static final Pattern PID = Pattern.compile(
            "(?i)\\b(?:pid|tid|task|process|zombie|non-zombie|fork for|detach from|registers for|expected|namespace for|sid|pgid)[ :]+(\\d+)\\b(?![./])"
                    + "|\\b(\\d+)(?:'s mapfile| has rseq| killed by)");
    /** Which process criu is at, while it dumps: its lines have no pid in front then. */
    private static final Pattern AT = Pattern.compile("\\(pid: (\\d+)\\)");
    private static final Pattern FD = Pattern.compile("\\bfd=(\\d+)\\b|\\bdump file (\\d+) of that type");
    private static final Pattern FILE_ID = Pattern.compile("\\bid[ =:]*0x([0-9a-f]+)\\b");
    private static final Pattern DECIMAL_FILE_ID = Pattern.compile("\\(id (\\d+)\\)");
    private static final Pattern HEXADECIMAL_INODE = Pattern.compile(
            "\\b(?:ino[ =:]*|socket (?:to )?)0x([0-9a-f]+)\\b|\\b(?:connection \\(\\w+\\) for|proto \\d+ for socket) ([0-9a-f]+)\\b");
    private static final Pattern INODE = Pattern.compile("\\bino[ =:]*([1-9]\\d*)\\b|\\bDangling connection (\\d+)\\b|\\b(?:pipe|socket):\\[(\\d+)]");
    private static final Pattern PATH_END = Pattern.compile("[,.;:]+$");

    private final LogContext context;
    private final List<LogLine> lines;
    private final Set<String> said = new LinkedHashSet<>();
    private final Set<Integer> named = new LinkedHashSet<>();

    private LogMentions(LogContext context, List<LogLine> lines) {
        this.context = context;
        this.lines = lines;
    }

    /** @return for example {@code fd 5 of pid 4021 (postgres): /var/log/app.log}; a process of which nothing more is known comes last */
    static List<String> of(List<LogLine> lines, int lineNumber, LogContext context) {
        LogMentions mentions = new LogMentions(context, lines);
        mentions.read(lineNumber);
        List<String> said = new ArrayList<>(mentions.said);
        if (said.size() > SHOWN) {
            said.subList(SHOWN, said.size()).clear();
            said.add("and " + (mentions.said.size() - SHOWN) + " more");
        }
        return List.copyOf(said);
    }

    private void read(int lineNumber) {
        int at = 0;
        while (at < lines.size() && lines.get(at).number() != lineNumber) {
            at++;
        }
        if (at == lines.size()) {
            return;
        }
        LogLine line = lines.get(at);
        OptionalInt process = processAt(at);
        Set<Integer> pids = new LinkedHashSet<>(numbers(PID, line.text(), 10).stream().map(Long::intValue).toList());
        process.ifPresent(pids::add);
        read(line, process);
        for (LogLine next : lines.subList(at + 1, Math.min(lines.size(), at + 1 + LINES_AFTER))) {
            if (next.level() == LogLine.Level.ERROR && next.pid() == line.pid()) {
                read(next, process);
                numbers(AT, next.text(), 10).stream().limit(pids.isEmpty() ? 1 : 0).map(Long::intValue).forEach(pids::add);
            }
        }
        for (int pid : pids) {
            context.processes().stream().filter(one -> one.threads().contains(pid) || one.pid() == pid).findFirst()
                    .filter(one -> named.add(one.pid())).ifPresent(one -> said.add("pid " + one.pid() + " (" + one.command() + ")"));
        }
    }

    /** The one in front of the line, else the one that criu named last. */
    private OptionalInt processAt(int index) {
        if (lines.get(index).pid() != 0) {
            return OptionalInt.of(lines.get(index).pid());
        }
        for (int i = index; i >= 0; i--) {
            List<Long> pids = numbers(AT, lines.get(i).text(), 10);
            if (!pids.isEmpty()) {
                return OptionalInt.of(pids.get(0).intValue());
            }
        }
        return OptionalInt.empty();
    }

    private void read(LogLine line, OptionalInt process) {
        String text = line.text();
        for (long fd : numbers(FD, text, 10)) {
            process.ifPresent(pid -> say(held -> held.pid() == pid && held.fd() == fd));
        }
        for (long id : both(numbers(FILE_ID, text, 16), numbers(DECIMAL_FILE_ID, text, 10))) {
            say(held -> held.fd() != LogContext.ABSENT && held.fileId() == id);
        }
        for (long inode : both(numbers(HEXADECIMAL_INODE, text, 16), numbers(INODE, text, 10))) {
            say(held -> held.inode() == inode);
        }
        for (String word : text.split("[\\s=']+")) {
            path(word).ifPresent(path -> say(held -> held.path().equals(path)));
        }
    }

    /** A relative one is criu's way to write an absolute one. */
    private static Optional<String> path(String word) {
        String path = PATH_END.matcher(word).replaceFirst("");
        if (path.length() < 2 || !path.contains("/")) {
            return Optional.empty();
        }
        return Optional.of(path.startsWith("/") ? path : "/" + path);
    }

    private void say(Predicate<LogContext.Held> meant) {
        context.held().stream().filter(meant).forEach(held -> {
            named.add(held.pid());
            said.add(held.text());
        });
    }

    private static List<Long> both(List<Long> some, List<Long> others) {
        List<Long> all = new ArrayList<>(some);
        all.addAll(others);
        return all;
    }

    /** What the groups of a pattern hold; a number that is too long for a long is none. */
    private static List<Long> numbers(Pattern pattern, String text, int radix) {
        return pattern.matcher(text).results().map(LogMentions::group).filter(digits -> digits.length() < 16).map(digits -> Long.parseLong(digits, radix)).toList();
    }

    private static String group(MatchResult match) {
        for (int group = 1; group <= match.groupCount(); group++) {
            if (match.group(group) != null) {
                return match.group(group);
            }
        }
        return "";
    }
}
