package dev.thaw.it;

import dev.thaw.criu.CriuBinary;
import dev.thaw.criu.CriuLocator;
import dev.thaw.criu.CriuSearch;
import dev.thaw.linux.ProcessCalls;
import dev.thaw.report.Failure;
import java.util.Optional;

/** The criu that tests use: the one that thaw would find, looked for once in each JVM. */
public final class CriuOnHost {
    private static final CriuSearch SEARCH = CriuLocator.thorough(ProcessCalls.environment()).find("");

    private CriuOnHost() {}

    /** Its program file. */
    public static String path() {
        return SEARCH.orFailure().path();
    }

    /** The same, with what it can do. */
    public static CriuBinary binary() {
        return SEARCH.orFailure();
    }

    /** Why there is none to be used, for whoever reads why a test was skipped. */
    static Optional<String> problem() {
        try {
            SEARCH.orFailure();
            return Optional.empty();
        } catch (Failure failure) {
            return Optional.of(failure.what() + " (" + String.join("; ", failure.because()) + "); try: "
                    + String.join("; or ", failure.tries()));
        }
    }
}
