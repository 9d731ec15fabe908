package dev.thaw.report;

import java.util.List;

/** How thaw itself ends. A supervised application's own status is passed on unchanged and may use the same numbers; {@code --status-fd} tells them apart. */
public final class ExitCode {
    public static final int OK = 0;
    /** A finding is not as wished: the cause of a log is unknown, two images differ. */
    public static final int NEGATIVE = 1;
    public static final int USAGE = 2;
    public static final int IMAGE = 120;
    public static final int PLAN = 121;
    public static final int CRIU = 122;
    public static final int SOURCE = 123;
    public static final int TIME_LIMIT = 124;
    public static final int FAILURE = 125;
    public static final int NOT_EXECUTABLE = 126;
    public static final int NOT_FOUND = 127;

    private ExitCode() {}

    /** One code and what it says to a user. */
    public record Meaning(int code, String text) {}

    /** Every code that is thaw's own, for {@code --help} and the manual. */
    public static List<Meaning> meanings() {
        return List.of(
                new Meaning(USAGE, "usage; nothing was started"),
                new Meaning(IMAGE, "images unreadable, incomplete, of an unsupported version, or not trusted"),
                new Meaning(PLAN, "plan rejected, or a pid of the image is taken: every problem is printed, nothing was changed"),
                new Meaning(CRIU, "criu or the proof after it failed; the image is intact, a cold start may help"),
                new Meaning(SOURCE, "a descriptor source (file, broker, journal) is unavailable"),
                new Meaning(TIME_LIMIT, "a time limit passed; nothing half-restored is left"),
                new Meaning(FAILURE, "any other failure of thaw's"),
                new Meaning(NOT_EXECUTABLE, "command not executable"),
                new Meaning(NOT_FOUND, "command not found"));
    }
}
