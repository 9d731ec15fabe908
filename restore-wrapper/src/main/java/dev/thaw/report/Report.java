package dev.thaw.report;

import dev.thaw.linux.KernelString;
import dev.thaw.linux.LinuxException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * What thaw says on its standard error, apart from the application's output: each message starts with {@code thaw: COMMAND: }.
 *
 * <p>Texts are given raw, file names and all: a line break inside starts a new line, every other control character is printed escaped.
 */
public final class Report {
    private static final String CONTINUED = "    ";

    private final String command;
    private final PrintStream err;
    private final PrintStream log;
    private final int verbosity;
    private final boolean quiet;

    /**
     * @param command name of the subcommand, or empty
     * @param verbosity number of {@code -v}
     * @param quiet only failures are printed
     */
    public Report(String command, PrintStream err, int verbosity, boolean quiet) {
        this(command, err, new PrintStream(PrintStream.nullOutputStream()), verbosity, quiet);
    }

    private Report(String command, PrintStream err, PrintStream log, int verbosity, boolean quiet) {
        this.command = command;
        this.err = err;
        this.log = log;
        this.verbosity = verbosity;
        this.quiet = quiet;
    }

    /** The same, and every message, the details of {@code -v} included, goes to {@code file} too, with the time before it. */
    public Report alsoTo(PrintStream file) {
        return new Report(command, err, file, verbosity, quiet);
    }

    public int verbosity() {
        return verbosity;
    }

    /** An expected end. Findings in a row with one reason and remedy are told these once. The stack trace follows with {@code -vv}. */
    public void failure(Failure failure) {
        List<Failure> findings = failure.others();
        for (int i = 0; i < findings.size(); i++) {
            Failure finding = findings.get(i);
            boolean explained = i + 1 < findings.size() && hasSameReason(finding, findings.get(i + 1));
            print(true, finding.what(), explained ? List.of() : finding.because(), explained ? List.of() : finding.tries());
        }
        print(true, failure.what(), failure.because(), failure.tries());
        trace(failure);
    }

    private static boolean hasSameReason(Failure one, Failure other) {
        return one.because().equals(other.because()) && one.tries().equals(other.tries());
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
        StringBuilder text = new StringBuilder();
        line(text, command.isEmpty() ? "thaw: " : "thaw: " + command + ": ", what);
        because.forEach(reason -> line(text, "  because: ", reason));
        tries.forEach(remedy -> line(text, "  try: ", remedy));
        write(toErr, text.toString());
    }

    /** One write a message, so that messages of several processes on one stream don't mix. */
    private void write(boolean toErr, String text) {
        if (toErr) {
            err.print(text);
            err.flush();
        }
        log.print(Instant.now().truncatedTo(ChronoUnit.MILLIS) + " " + text);
        log.flush();
    }

    private static void line(StringBuilder text, String prefix, String content) {
        String[] lines = content.split("\n", -1);
        text.append(prefix).append(KernelString.printable(lines[0])).append('\n');
        for (int i = 1; i < lines.length; i++) {
            text.append(CONTINUED).append(KernelString.printable(lines[i])).append('\n');
        }
    }
}
