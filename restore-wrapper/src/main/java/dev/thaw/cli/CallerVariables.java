package dev.thaw.cli;

import dev.thaw.plan.Search;
import java.util.List;

/**
 * The environment as thaw's caller gave it. The {@code thaw} script renames the variables that any JVM would take for itself: they are
 * meant for the program that thaw starts, and thaw's own JVM would load that program's agents and print a line first.
 */
final class CallerVariables {
    /** What the script puts in front: {@code THAW_ENV_JAVA_TOOL_OPTIONS}. */
    private static final String RENAMED = "THAW_ENV_";

    private CallerVariables() {}

    /** @param environment {@code KEY=VALUE}, as this process has it */
    static List<String> asGiven(List<String> environment) {
        return Search.mapped(environment, entry -> entry.startsWith(RENAMED) ? entry.substring(RENAMED.length()) : entry);
    }
}
