package dev.thaw.launcher;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Environment variables that make known runtimes restorable. Each is read by its own runtime only, so one too many does no harm.
 *
 * <p>A JVM maps {@code /tmp/hsperfdata_USER/PID}, which the next JVM to start removes, and without it no restore works; {@code java} takes
 * JDK_JAVA_OPTIONS since 9. libuv's io_uring cannot be dumped. Go listens with MPTCP sockets since 1.24, and criu knows none.
 */
final class RuntimeHints {
    private static final Hint JVM = new Hint("a JVM", "JDK_JAVA_OPTIONS", "-XX:-UsePerfData", " ", Pattern.compile("[-+]UsePerfData"));
    private static final Hint LIBUV = new Hint("Node.js", "UV_USE_IO_URING", "0", "", Pattern.compile("."));
    private static final Hint GO = new Hint("Go", "GODEBUG", "multipathtcp=0", ",", Pattern.compile("multipathtcp="));

    /** Programs that start another one, named in their arguments or in the script they read. */
    private static final Set<String> STARTERS = Set.of(
            "sh", "bash", "dash", "ash", "ksh", "zsh", "busybox", "env", "nice", "ionice", "nohup", "setsid", "timeout", "stdbuf", "taskset",
            "chrt", "numactl", "setpriv", "sudo", "gosu", "su-exec", "tini", "dumb-init", "catatonit", "unshare", "nsenter", "strace");

    private RuntimeHints() {}

    /**
     * @param name of the runtime, for the user
     * @param variable of the environment
     * @param value what it has to hold
     * @param separator between the value that is there and ours; empty when the one there counts and ours doesn't come to it
     * @param decided found in a value that is there when the user has decided already
     */
    private record Hint(String name, String variable, String value, String separator, Pattern decided) {}

    /**
     * @param environment with the hints in it
     * @param said what was added, {@code NAME=VALUE}, with the runtime it is for
     */
    record Result(List<String> environment, List<String> said) {}

    static Result apply(Program program, List<String> argv, List<String> environment) {
        Result result = new Result(environment, List.of());
        for (Hint hint : hintsFor(program, argv)) {
            result = add(hint, result);
        }
        return result;
    }

    private static List<Hint> hintsFor(Program program, List<String> argv) {
        List<Hint> hints = new ArrayList<>();
        Set<String> named = new TreeSet<>();
        if (!program.script().isEmpty()) {
            named.addAll(runtimesIn(program.script()));
        } else if (STARTERS.contains(program.name())) {
            argv.subList(1, argv.size()).forEach(argument -> named.addAll(runtimesIn(argument)));
        } else {
            named.add(program.name());
        }
        if (named.contains("java")) {
            hints.add(JVM);
        }
        if (named.contains("node") || named.contains("nodejs")) {
            hints.add(LIBUV);
        }
        if (program.sections().contains(".go.buildinfo")) {
            hints.add(GO);
        }
        return hints;
    }

    /** Which runtimes a text calls, as a word or as the end of a path. */
    private static Set<String> runtimesIn(String text) {
        Set<String> found = new TreeSet<>();
        for (String runtime : List.of("java", "node", "nodejs")) {
            if (Pattern.compile("(?<![\\w.-])" + runtime + "(?![\\w.-])").matcher(text).find()) {
                found.add(runtime);
            }
        }
        return found;
    }

    private static Result add(Hint hint, Result so) {
        List<String> environment = new ArrayList<>(so.environment());
        List<String> said = new ArrayList<>(so.said());
        String prefix = hint.variable() + "=";
        for (int i = 0; i < environment.size(); i++) {
            if (environment.get(i).startsWith(prefix)) {
                String there = environment.get(i).substring(prefix.length());
                if (hint.decided().matcher(there).find()) {
                    return so;
                }
                environment.remove(i);
                String value = there.isEmpty() ? hint.value() : there + hint.separator() + hint.value();
                return added(hint, value, environment, said);
            }
        }
        return added(hint, hint.value(), environment, said);
    }

    private static Result added(Hint hint, String value, List<String> environment, List<String> said) {
        environment.add(hint.variable() + "=" + value);
        said.add(hint.variable() + "=" + value + " (" + hint.name() + ")");
        return new Result(List.copyOf(environment), List.copyOf(said));
    }
}
