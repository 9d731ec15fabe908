package dev.thaw.jna;

/** What JNA uses of java.util.logging.Logger; it writes nothing. What goes wrong in JNA, JNA throws as well. */
public final class Logger {
    private static final Logger SILENT = new Logger();

    private Logger() {}

    public static Logger getLogger(String name) {
        return SILENT;
    }

    public boolean isLoggable(Level level) {
        return false;
    }

    public void log(Level level, String message) {
        // Nowhere.
    }

    public void log(Level level, String message, Object value) {
        // Nowhere.
    }

    public void log(Level level, String message, Object[] values) {
        // Nowhere.
    }

    public void log(Level level, String message, Throwable thrown) {
        // Nowhere.
    }
}
