package dev.thaw.run;

import dev.thaw.fdbroker.SourceUnavailable;
import dev.thaw.launcher.NameRegistry;
import dev.thaw.launcher.NotStartable;
import dev.thaw.launcher.SpawnPlanning.Kind;
import dev.thaw.launcher.SpawnPlanning.Problem;
import dev.thaw.launcher.SpawnPlanning.Rejected;
import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The ways in which a start fails, as users are told about them. */
public final class StartFailures {
    private StartFailures() {}

    /** Runs a step of a start, and turns what it throws into a {@link Failure}. */
    public static <T> T explained(Supplier<T> step) {
        try {
            return step.get();
        } catch (SourceUnavailable e) {
            throw new Failure(ExitCode.SOURCE, e.getMessage(), List.of(e.why()), e.tries(), e);
        } catch (NotStartable e) {
            int code = e.found() ? ExitCode.NOT_EXECUTABLE : ExitCode.NOT_FOUND;
            String toTry = e.found() ? "ls -l, for its mode: chmod +x, where that is what it lacks" : "type -a COMMAND in your shell, and then its full path";
            throw new Failure(code, e.getMessage(), List.of(e.why()), List.of(toTry), e);
        } catch (NameRegistry.NameTaken e) {
            throw new Failure(ExitCode.FAILURE, e.getMessage(), List.of(), List.of("another --name, or end that process"), e);
        } catch (NameRegistry.Unavailable e) {
            String toTry = "$" + NameRegistry.DIRECTORY_VARIABLE + " set to a directory of yours with mode 0700";
            throw new Failure(ExitCode.FAILURE, "a name cannot be kept", List.of(e.getMessage()), List.of(toTry), e);
        }
    }

    /** All problems at once. */
    public static Failure of(Rejected rejected) {
        List<Problem> problems = rejected.problems();
        boolean usage = problems.stream().anyMatch(problem -> problem.kind() == Kind.USAGE);
        List<String> what = new ArrayList<>();
        List<String> because = new ArrayList<>();
        List<String> tries = new ArrayList<>();
        for (Problem problem : problems) {
            what.add(problem.what());
            addIfNew(because, problem.because());
            addIfNew(tries, problem.toTry());
        }
        return new Failure(usage ? ExitCode.USAGE : ExitCode.SOURCE, String.join("\n", what), because, tries);
    }

    private static void addIfNew(List<String> texts, String text) {
        if (!text.isEmpty() && !texts.contains(text)) {
            texts.add(text);
        }
    }
}
