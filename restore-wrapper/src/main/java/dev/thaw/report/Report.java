package dev.thaw.report;

import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;

/**
 * What thaw says on its standard error, apart from the application's output: each message starts with {@code thaw: COMMAND: }.
 *
 * <p>Texts are given raw, file names and all: a line break inside starts a new line, every other control character is printed escaped.
 */
public final class Report {
    private static final String CONTINUED = "    ";
    /** Findings with one reason that are told; of more, nobody reads the rest. */
    private static final int SHOWN = 10;

    private final String command;
    private final PrintStream err;
    private final IntSupplier columns;
    private final Optional<PrintStream> log;
    private final int verbosity;
    private final boolean quiet;

    /**
     * For a standard error that is no terminal: each text is one line.
     *
     * @param command name of the subcommand, or empty
     * @param verbosity number of {@code -v}
     * @param quiet only failures are printed
     */
    public Report(String command, PrintStream err, int verbosity, boolean quiet) {
        this(command, err, () -> 0, verbosity, quiet);
    }

    /** @param columns of the terminal that standard error is; 0 when it is none. Asked for each message: windows change their size */
    public Report(String command, PrintStream err, IntSupplier columns, int verbosity, boolean quiet) {
        this(command, err, columns, Optional.empty(), verbosity, quiet);
    }

    private Report(String command, PrintStream err, IntSupplier columns, Optional<PrintStream> log, int verbosity, boolean quiet) {
        this.command = command;
        this.err = err;
        this.columns = columns;
        this.log = log;
        this.verbosity = verbosity;
        this.quiet = quiet;
    }

    /** The same, and every message, the details of {@code -v} included, goes to {@code file} too, with the time before it. */
    public Report alsoTo(PrintStream file) {
        return new Report(command, err, columns, Optional.of(file), verbosity, quiet);
    }

    public int verbosity() {
        return verbosity;
    }

    /**
     * An expected end. Findings in a row with one reason and remedy are told these once, and without {@code -v} only the first of many are named.
     * The stack trace follows with {@code -vv}.
     */
    public void failure(Failure failure) {
        Alike.inARow(failure.others(), Report::hasSameReason).forEach(this::sameReason);
        print(true, failure.what(), failure.because(), failure.tries());
        trace(failure);
    }

    private void sameReason(List<Failure> findings) {
        int shown = findings.size() <= SHOWN || verbosity > 0 ? findings.size() : SHOWN - 1;
        for (int i = 0; i < findings.size(); i++) {
            boolean last = i == findings.size() - 1 && shown == findings.size();
            print(i < shown, findings.get(i).what(), last ? findings.get(i).because() : List.of(), last ? findings.get(i).tries() : List.of());
        }
        if (shown < findings.size()) {
            print(true, "and " + (findings.size() - shown) + " more like these; -v names each", findings.get(0).because(), findings.get(0).tries());
        }
    }

    private static boolean hasSameReason(Failure one, Failure other) {
        return !one.because().isEmpty() && one.because().equals(other.because()) && one.tries().equals(other.tries());
    }

    /** An end that nobody foresaw, in plain words. */
    public void unexpected(Throwable thrown) {
        if (thrown instanceof LinuxException) {
            print(true, "a call into the kernel failed: " + thrown.getMessage(), List.of(), List.of());
        } else {
            String text = thrown.getMessage() == null ? "" : ": " + thrown.getMessage();
            print(
                    true,
                    "a fault inside thaw stopped it: " + thrown.getClass().getSimpleName() + text,
                    List.of(),
                    List.of("again with -vv, which shows where, and report it"));
        }
        trace(thrown);
    }

    /** Printed unless {@code --quiet}. */
    public void warning(String what, List<String> because, List<String> tries) {
        print(!quiet, what, because, tries);
    }

    /** Printed unless {@code --quiet}. */
    public void warning(String what) {
        warning(what, List.of(), List.of());
    }

    /** Printed with {@code -v}. */
    public void detail(String what) {
        print(verbosity >= 1 && !quiet, what, List.of(), List.of());
    }

    /** Printed with {@code -vv}. */
    public void trace(String what) {
        print(verbosity >= 2 && !quiet, what, List.of(), List.of());
    }

    private void trace(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        write(verbosity >= 2, text.toString());
    }

    private void print(boolean toErr, String what, List<String> because, List<String> tries) {
        if (toErr) {
            err.print(text(columns.getAsInt(), what, because, tries));
            err.flush();
        }
        if (log.isPresent()) {
            write(false, text(0, what, because, tries));
        }
    }

    /** @param width of a line; 0 for no limit */
    private String text(int width, String what, List<String> because, List<String> tries) {
        StringBuilder text = new StringBuilder();
        lines(text, width, command.isEmpty() ? "thaw: " : "thaw: " + command + ": ", what, Lines::ofProse);
        because.forEach(reason -> lines(text, width, "  because: ", reason, Lines::ofProse));
        tries.forEach(remedy -> lines(text, width, "  try: ", remedy, Lines::ofRemedy));
        return text.toString();
    }

    /** One write a message, so that messages of several processes on one stream don't mix. */
    private void write(boolean toErr, String text) {
        if (toErr) {
            err.print(text);
            err.flush();
        }
        if (log.isPresent()) {
            log.get().print(Instant.now().truncatedTo(ChronoUnit.MILLIS) + " " + text);
            log.get().flush();
        }
    }

    private interface Breaking {
        List<String> lines(String text, int first, int others);
    }

    private static void lines(StringBuilder text, int width, String prefix, String content, Breaking breaking) {
        String before = prefix;
        for (String line : content.split("\n", -1)) {
            String printable = KernelString.printable(line);
            for (String part : width == 0 ? List.of(printable) : breaking.lines(printable, width - before.length(), width - CONTINUED.length())) {
                text.append(before).append(part).append('\n');
                before = CONTINUED;
            }
        }
    }
}
