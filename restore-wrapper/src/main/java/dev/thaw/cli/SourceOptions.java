package dev.thaw.cli;

import dev.thaw.fdbroker.Source;
import dev.thaw.plan.RestoreOptions;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code restore} and {@code plan} are told about descriptors. */
public final class SourceOptions {
    @Option(names = "--stdin", paramLabel = "SOURCE", description = "Where standard input comes from. Default: auto.")
    private String stdin;

    @Option(names = "--stdout", paramLabel = "SOURCE", description = "Where standard output goes. Default: auto.")
    private String stdout;

    @Option(names = "--stderr", paramLabel = "SOURCE", description = "Where standard error goes. Default: auto.")
    private String stderr;

    @Option(names = "--broker", paramLabel = "SOCKET",
            description = "Socket of the broker that broker:NAME asks. Default: the one that has kept the application's descriptors; else as thaw broker has it.")
    private String broker;

    @Mixin
    private MapOptions map = new MapOptions();

    /** As picocli would set it; see {@link PlainRestore}. */
    boolean take(String option, String value) {
        switch (option) {
            case "--stdin" -> stdin = value;
            case "--stdout" -> stdout = value;
            case "--stderr" -> stderr = value;
            case "--broker" -> broker = value;
            default -> {
                return map.take(option, value);
            }
        }
        return true;
    }

    /** @throws Failure with {@link ExitCode#USAGE}, or {@link ExitCode#SOURCE} for a policy file that cannot be read */
    RestoreOptions toRestoreOptions() {
        return map.toRestoreOptions(byNumber());
    }

    /** The broker's socket, where the user named one. */
    Optional<String> broker() {
        return Optional.ofNullable(broker);
    }

    /** Those that were given, by number. */
    Map<Integer, Source> byNumber() {
        Map<Integer, Source> streams = new LinkedHashMap<>();
        put(streams, 0, "--stdin", stdin);
        put(streams, 1, "--stdout", stdout);
        put(streams, 2, "--stderr", stderr);
        return streams;
    }

    private static void put(Map<Integer, Source> streams, int number, String option, String text) {
        if (text != null && !text.equals("auto")) {
            streams.put(number, MapOptions.source(option, text, false));
        }
    }
}
