package dev.thaw.cli;

import dev.thaw.linux.ProcessCalls;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * What a command gets from the process it runs in.
 *
 * @param out for reports; a supervised application's output doesn't pass through it
 * @param err for messages
 * @param environment {@code KEY=VALUE}, bytes as in {@code KernelString}
 */
public record Environment(PrintStream out, PrintStream err, List<String> environment) {

    public Environment {
        environment = List.copyOf(environment);
    }

    /** UTF-8 whatever the locale: file names are bytes, and LANG=C would turn each byte above 127 into a question mark. */
    static Environment ofThisProcess() {
        return new Environment(stream(FileDescriptor.out), stream(FileDescriptor.err), CallerVariables.asGiven(ProcessCalls.environment()));
    }

    /** The value of an environment variable; the first one when it is there twice, as getenv(3) does. */
    public Optional<String> variable(String name) {
        String prefix = name + "=";
        return environment.stream()
                .filter(entry -> entry.startsWith(prefix))
                .map(entry -> entry.substring(prefix.length()))
                .findFirst();
    }

    private static PrintStream stream(FileDescriptor fd) {
        return new PrintStream(new BufferedOutputStream(new FileOutputStream(fd), 8192), false, StandardCharsets.UTF_8);
    }
}
