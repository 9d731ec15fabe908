package dev.thaw.rehearse;

import dev.thaw.linux.TerminalCalls;
import java.io.PrintStream;

/** One line on a terminal that says what is going on; nothing elsewhere. */
public final class Progress {
    private static final String CLEAR = "\r\033[K";

    private final PrintStream out;
    private final boolean shown;

    private Progress(PrintStream out, boolean shown) {
        this.out = out;
        this.shown = shown;
    }

    /** On standard error, if that is a terminal. */
    public static Progress on(PrintStream err, boolean quiet) {
        return new Progress(err, !quiet && TerminalCalls.isTerminal(2));
    }

    void say(String text) {
        if (shown) {
            out.print(CLEAR + text);
            out.flush();
        }
    }

    void done() {
        say("");
    }
}
