package dev.thaw.cli;

import dev.thaw.linux.Signals;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import dev.thaw.restore.Notice;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/** How an application is told that it was restored, or checkpointed. */
public final class NoticeOptions {
    @Option(names = "--notify-signal", paramLabel = "SIGNAL", description = "Send SIGNAL to the application afterwards, if it has a handler for it.")
    private String signal;

    @Option(names = "--notify-fd", paramLabel = "N",
            description = "Write a line into the pipe or FIFO that the application has as descriptor N, at either end: restored SECONDS (since the "
                    + "checkpoint), or checkpointed SECONDS (that it was stopped).")
    private Integer descriptor;

    /** The option that was given; empty when none was. */
    String given() {
        return signal != null ? "--notify-signal" : descriptor != null ? "--notify-fd" : "";
    }

    Notice notice() {
        if (descriptor != null && descriptor < 0) {
            throw new Failure(ExitCode.USAGE, "--notify-fd " + descriptor + " is no descriptor", List.of(), List.of("--notify-fd 3"));
        }
        return new Notice(descriptor == null ? OptionalInt.empty() : OptionalInt.of(descriptor), signal == null ? OptionalInt.empty() : OptionalInt.of(number(signal)));
    }

    private static int number(String text) {
        String name = text.toUpperCase(Locale.ROOT);
        OptionalInt number = text.matches("[0-9]{1,2}") ? OptionalInt.of(Integer.parseInt(text))
                : Signals.number(name.startsWith("SIG") ? name : "SIG" + name);
        if (number.isEmpty() || number.getAsInt() < 1 || number.getAsInt() > Signals.SIGRTMAX) {
            throw new Failure(ExitCode.USAGE, "--notify-signal " + text + " is no signal", List.of(), List.of("--notify-signal USR1"));
        }
        return number.getAsInt();
    }
}
