package dev.thaw.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thaw.check.FindingText;
import dev.thaw.criu.CriuLog;
import dev.thaw.criu.LogContext;
import dev.thaw.criu.LogFinding;
import dev.thaw.image.ImageException;
import dev.thaw.inspect.ImageLogContext;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.restore.Planning;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code thaw explain}: what a log of criu's says, in plain words. */
@Command(name = "explain", description = "Say in plain words why criu failed, as its LOG tells. Exit code 0: the cause is known, 1: it is not.")
final class ExplainCommand implements Callable<Integer> {
    private static final int LIMIT_BYTES = 256 << 20;
    private static final List<String> NAMES = List.of("restore.log", "dump.log", "last-failure.log");

    private static final String CONTINUED = "  ";

    private final Environment environment;

    @Mixin
    private CommonOptions common;

    @Parameters(paramLabel = "LOG", description = "dump.log, restore.log, what criu printed, an image or a directory that holds one; - for standard input.")
    private String log;

    @Option(names = "--image", paramLabel = "IMAGE", description = "The image that it is about: who is meant by the pids, descriptors and paths of the log.")
    private String image;

    ExplainCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        CriuLog parsed = CriuLog.parse(read());
        Optional<LogFinding> finding = parsed.finding();
        LogContext context = image == null ? LogContext.NONE : context();
        List<String> concerned = finding.map(found -> parsed.concerned(found, context)).orElse(List.of());
        environment.out().print(common.json() ? json(parsed, finding, concerned) : text(parsed, finding, concerned, environment.reportColumns()));
        return parsed.succeeded() || finding.filter(LogFinding::known).isPresent() ? ExitCode.OK : ExitCode.NEGATIVE;
    }

    private LogContext context() {
        try {
            return ImageLogContext.read(image);
        } catch (ImageException e) {
            throw Planning.imageFailure(image, e);
        }
    }

    private String read() {
        try {
            if (log.equals("-")) {
                return KernelString.decode(FileCalls.readAll(0));
            }
            return KernelString.decode(FileCalls.readAll(file(), LIMIT_BYTES));
        } catch (LinuxException e) {
            throw new Failure(ExitCode.FAILURE, "the log cannot be read: " + KernelString.printable(log), List.of(e.getMessage()),
                    List.of("thaw explain IMAGE/000001/dump.log"), e);
        }
    }

    private String file() {
        if (FileCalls.statIfExists(log).filter(status -> status.isDirectory()).isEmpty()) {
            return log;
        }
        return Stream.of(log, log + "/current").flatMap(directory -> NAMES.stream().map(name -> directory + "/" + name)).filter(path -> FileCalls.statIfExists(path).isPresent()).findFirst()
                .orElseThrow(() -> new Failure(ExitCode.FAILURE, "there is no log in " + KernelString.printable(log),
                        List.of("looked for " + String.join(", ", NAMES) + ", there and in current/"), List.of("thaw explain FILE, the log itself")));
    }

    private static String text(CriuLog log, Optional<LogFinding> finding, List<String> concerned, int columns) {
        StringBuilder text = new StringBuilder();
        if (log.succeeded()) {
            text.append("criu did what it should.\n");
        } else if (finding.isEmpty()) {
            text.append("The log has no line that tells anything.\n");
        }
        finding.ifPresent(found -> {
            text.append(found.known() ? "" : log.isCrius() ? "The cause is not one that thaw knows. The lines that matter:\n"
                    : "This is no log of criu's, or not all of one: no line begins with a time. Its last lines:\n");
            if (found.known()) {
                FindingText.prose(text, "", CONTINUED, found.cause(), columns);
            }
            concerned.forEach(one -> text.append("it concerns ").append(KernelString.printable(one)).append('\n'));
            found.lines().forEach(line -> text.append("  ").append(KernelString.printable(line)).append('\n'));
            text.append(found.known() ? "  (line " + found.lineNumber() + ", rule " + found.rule() + ")\n" : "");
            if (!found.advice().isEmpty()) {
                FindingText.remedy(text, "try: ", CONTINUED, found.advice(), columns);
            }
            if (!found.known()) {
                text.append("try: that line at https://github.com/checkpoint-restore/criu/issues\n");
            }
        });
        log.hints().forEach(hint -> FindingText.remedy(text, "note: ", CONTINUED, hint.cause() + (hint.advice().isEmpty() ? "" : "; " + hint.advice()), columns));
        return text.toString();
    }

    private static String json(CriuLog log, Optional<LogFinding> finding, List<String> concerned) {
        JsonObject root = new JsonObject();
        root.addProperty("succeeded", log.succeeded());
        root.addProperty("known", finding.filter(LogFinding::known).isPresent());
        finding.ifPresent(found -> {
            root.addProperty("rule", found.rule());
            root.addProperty("cause", found.cause());
            root.addProperty("advice", found.advice());
            root.addProperty("line", found.lineNumber());
            JsonArray lines = new JsonArray();
            found.lines().forEach(lines::add);
            root.add("lines", lines);
            JsonArray named = new JsonArray();
            concerned.forEach(named::add);
            root.add("concerned", named);
        });
        return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(root) + "\n";
    }
}
