package dev.thaw.fdbroker;

import dev.thaw.linux.LinuxException;
import java.util.List;

/** A {@link Source} cannot be opened; the texts are for the user. */
public final class SourceUnavailable extends RuntimeException {
    private final String why;
    private final List<String> tries;

    /**
     * @param source the source as it was written
     * @param why the reason
     * @param tries what can be done
     */
    public SourceUnavailable(String source, String why, List<String> tries) {
        super(source + " is not available");
        this.why = why;
        this.tries = List.copyOf(tries);
    }

    SourceUnavailable(Source source, LinuxException cause, String... tries) {
        this(source.text(), cause.getMessage(), List.of(tries));
        initCause(cause);
    }

    public String why() {
        return why;
    }

    public List<String> tries() {
        return tries;
    }
}
