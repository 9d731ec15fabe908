package dev.thaw.cli;

import dev.thaw.linux.ProcessCalls;
import dev.thaw.report.Lines;
import dev.thaw.report.Report;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.IntUnaryOperator;

/**
 * What a command gets from the process it runs in.
 *
 * @param out for reports; a supervised application's output doesn't pass through it
 * @param err for messages
 * @param environment {@code KEY=VALUE}, bytes as in {@code KernelString}
 * @param terminalColumns of the descriptor 1 or 2; 0 when it is no terminal
 */
public record Environment(PrintStream out, PrintStream err, List<String> environment, IntUnaryOperator terminalColumns) {

    public Environment {
        environment = List.copyOf(environment);
    }

    /** Without a terminal. */
    Environment(PrintStream out, PrintStream err, List<String> environment) {
        this(out, err, environment, fd -> 0);
    }

    /** UTF-8 whatever the locale: file names are bytes, and LANG=C would turn each byte above 127 into a question mark. */
    static Environment ofThisProcess() {
        return new Environment(stream(FileDescriptor.out), stream(FileDescriptor.err), CallerVariables.asGiven(ProcessCalls.environment()), Lines::ofTerminal);
    }

    /** The value of an environment variable; the first one when it is there twice, as getenv(3) does. */
    public Optional<String> variable(String name) {
        String prefix = name + "=";
        for (String entry : environment) {
            if (entry.startsWith(prefix)) {
                return Optional.of(entry.substring(prefix.length()));
            }
        }
        return Optional.empty();
    }

    /** How wide a line of a report on standard output is at most. */
    int reportColumns() {
        return outColumns() == 0 ? Lines.COLUMNS : outColumns();
    }

    /** The columns of the terminal that standard output is; 0 when it is none. */
    int outColumns() {
        return terminalColumns.applyAsInt(1);
    }

    /** The outlet for messages of a command. @param command its words; empty for the program itself */
    Report report(String command, int verbosity, boolean quiet) {
        return new Report(command, err, () -> terminalColumns.applyAsInt(2), verbosity, quiet);
    }

    private static PrintStream stream(FileDescriptor fd) {
        return new PrintStream(new BufferedOutputStream(new FileOutputStream(fd), 8192), false, StandardCharsets.UTF_8);
    }
}
