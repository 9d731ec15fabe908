package dev.thaw.shrink;

import dev.thaw.linux.Signals;
import dev.thaw.linux.proc.StatusFile;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether a process is a JVM that can be told to shrink. Pure.
 *
 * @param because empty for a JVM that will listen
 */
record Judgement(Kind kind, List<String> because, List<String> tries) {
    enum Kind {
        /** No JVM. */
        OTHER,
        /** A HotSpot JVM that takes commands. */
        WILLING,
        /** A JVM that does not. */
        UNWILLING
    }

    Judgement {
        because = List.copyOf(because);
        tries = List.copyOf(tries);
    }

    /**
     * @param maps text of /proc/PID/maps
     * @param environment {@code NAME=VALUE}, as the program was started with
     * @param state letter in /proc/PID/stat
     */
    static Judgement of(String maps, List<String> arguments, List<String> environment, StatusFile status, char state) {
        if (!maps.contains("/libjvm.so")) {
            return new Judgement(Kind.OTHER, List.of(), List.of());
        }
        if (maps.contains("/libj9vm")) {
            return unwilling("it is an OpenJ9 JVM, which has no such command", "-XX:+IdleTuningGcOnIdle, by which it gives memory back by itself");
        }
        if (state == 'T' || state == 't') {
            return unwilling("it is stopped", "kill -CONT first");
        }
        if (isSetLast(arguments, environment)) {
            return unwilling("it was started with -XX:+DisableAttachMechanism, and takes no commands", "a start without that option");
        }
        // A JVM that does not catch it dies of the signal that asks for attention.
        if (!status.caughtSignals().contains(Signals.SIGQUIT)) {
            return unwilling("SIGQUIT, which asks it for attention, would end it: it was started with -Xrs, or is not up yet", "a start without -Xrs");
        }
        return new Judgement(Kind.WILLING, List.of(), List.of());
    }

    private static Judgement unwilling(String because, String remedy) {
        return new Judgement(Kind.UNWILLING, List.of(because), List.of(remedy));
    }

    /** The JVM reads the variables in this order: JAVA_TOOL_OPTIONS, the command line with JDK_JAVA_OPTIONS before it, _JAVA_OPTIONS. */
    private static boolean isSetLast(List<String> arguments, List<String> environment) {
        List<String> words = new ArrayList<>();
        words.addAll(variable("JAVA_TOOL_OPTIONS", environment));
        words.addAll(variable("JDK_JAVA_OPTIONS", environment));
        words.addAll(arguments);
        words.addAll(variable("_JAVA_OPTIONS", environment));
        return words.lastIndexOf("-XX:+DisableAttachMechanism") > words.lastIndexOf("-XX:-DisableAttachMechanism");
    }

    private static List<String> variable(String name, List<String> environment) {
        return environment.stream().filter(entry -> entry.startsWith(name + "=")).findFirst()
                .map(entry -> List.of(entry.substring(name.length() + 1).trim().split("\\s+"))).orElse(List.of());
    }
}
