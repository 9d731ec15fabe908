package dev.thaw.cli;

import dev.thaw.launcher.SocketActivation;
import dev.thaw.linux.ProcessCalls;

/** Descriptors that the service manager passed on, by the names it has for them: {@code fd:NAME}. */
final class Activated {
    private static final String PREFIX = "fd:";

    private Activated() {}

    /** {@code fd:http} as {@code fd:3}, where the manager passed one on under this name; any other text as it is. */
    static String number(String source) {
        if (!source.startsWith(PREFIX) || source.matches("fd:[0-9]+")) {
            return source;
        }
        Integer number = SocketActivation.of(ProcessCalls.environment(), ProcessCalls.getpid()).names().get(source.substring(PREFIX.length()));
        return number == null ? source : PREFIX + number;
    }
}
