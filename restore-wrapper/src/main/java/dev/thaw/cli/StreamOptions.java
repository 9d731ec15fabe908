package dev.thaw.cli;

import dev.thaw.fdbroker.Source;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Option;

/** Where the standard streams come from. */
public final class StreamOptions {
    @Option(names = "--stdin", paramLabel = "SOURCE", description = "inherit, null, read:PATH, rw:PATH, fd:N, broker:NAME, pty.")
    private Source stdin;

    @Option(
            names = "--stdout",
            paramLabel = "SOURCE",
            description = "inherit, null, append:PATH, file:PATH, rw:PATH, fd:N, broker:NAME, journal[:IDENTIFIER], pty.")
    private Source stdout;

    @Option(names = "--stderr", paramLabel = "SOURCE", description = "As --stdout; or stdout, the same open file.")
    private Source stderr;

    /** Those that were given, by number. */
    public Map<Integer, Source> byNumber() {
        Map<Integer, Source> sources = new TreeMap<>();
        if (stdin != null) {
            sources.put(0, stdin);
        }
        if (stdout != null) {
            sources.put(1, stdout);
        }
        if (stderr != null) {
            sources.put(2, stderr);
        }
        return sources;
    }
}
