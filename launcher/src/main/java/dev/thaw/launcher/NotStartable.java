package dev.thaw.launcher;

import dev.thaw.linux.Errno;
import dev.thaw.linux.LinuxException;

/** The command itself cannot be started; nothing runs. */
public final class NotStartable extends RuntimeException {
    private final boolean found;
    private final String why;

    NotStartable(String command, boolean found, String why, LinuxException cause) {
        super(found ? "cannot execute " + command : "command not found: " + command, cause);
        this.found = found;
        this.why = why;
    }

    static NotStartable of(String command, LinuxException cause) {
        boolean missing = cause.is(Errno.ENOENT) || cause.is(Errno.ENOTDIR);
        String why = command.indexOf('/') < 0 ? "none that can be executed is in the command's PATH" : cause.getMessage();
        return new NotStartable(command, !missing, why, cause);
    }

    /** Whether it is there, but cannot be executed. */
    public boolean found() {
        return found;
    }

    public String why() {
        return why;
    }
}
