package dev.thaw.cli;

import dev.thaw.report.ExitCode;
import dev.thaw.report.Report;
import java.util.function.IntSupplier;

/** What is left to do for a command that the JVM could not carry out, and at the end of each. No class of picocli, which a restore does without. */
final class LastResort {
    private LastResort() {}

    /** The command's exit code, or {@link ExitCode#FAILURE} in plain words; everything is printed then. */
    static int run(IntSupplier command, Environment environment) {
        try {
            return command.getAsInt();
        } catch (LinkageError | OutOfMemoryError | StackOverflowError e) {
            new Report("", environment.err(), 0, false).unexpected(e);
            return ExitCode.FAILURE;
        } finally {
            environment.out().flush();
            environment.err().flush();
        }
    }
}
