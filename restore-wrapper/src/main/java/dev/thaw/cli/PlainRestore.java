package dev.thaw.cli;

import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code thaw restore} with plain arguments, without picocli, whose model of a command is made by reflection for longer than criu needs to restore.
 * On any doubt picocli decides: this understands options in full, each once, values as words of their own that don't start with a dash, and one IMAGE.
 */
final class PlainRestore {
    private static final Set<String> REPEATABLE = Set.of("--map", "--accept");

    private PlainRestore() {}

    /** The command with its options set as picocli would set them; empty when the arguments are not that plain. */
    static Optional<RestoreCommand> of(List<String> arguments, Environment environment) {
        if (arguments.isEmpty() || !arguments.get(0).equals("restore")) {
            return Optional.empty();
        }
        RestoreCommand command = new RestoreCommand(environment, CommonOptions.of("restore"));
        Set<String> seen = new HashSet<>();
        String image = "";
        for (int i = 1; i < arguments.size(); i++) {
            String word = arguments.get(i);
            if (isValue(word)) {
                if (!image.isEmpty()) {
                    return Optional.empty();
                }
                image = word;
            } else if (!seen.add(word.equals("-q") ? "--quiet" : word) && !REPEATABLE.contains(word)) {
                return Optional.empty();
            } else if (!command.take(word)) {
                i++;
                if (i == arguments.size() || !isValue(arguments.get(i)) || !take(command, word, arguments.get(i))) {
                    return Optional.empty();
                }
            }
        }
        command.takeImage(image);
        return image.isEmpty() ? Optional.empty() : Optional.of(command);
    }

    /** Runs it as {@link CommandFacade} would. */
    static int execute(RestoreCommand command, Environment environment) {
        return LastResort.run(() -> call(command), environment);
    }

    private static int call(RestoreCommand command) {
        try {
            return command.call();
        } catch (Failure failure) {
            command.report().failure(failure);
            return failure.exitCode();
        } catch (RuntimeException e) {
            command.report().unexpected(e);
            return ExitCode.FAILURE;
        }
    }

    private static boolean isValue(String word) {
        return !word.isEmpty() && word.charAt(0) != '-';
    }

    private static boolean take(RestoreCommand command, String option, String value) {
        try {
            return command.take(option, value);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
