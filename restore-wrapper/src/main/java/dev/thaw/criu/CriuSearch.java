package dev.thaw.criu;

import dev.thaw.report.ExitCode;
import dev.thaw.report.Failure;
import java.util.ArrayList;
import java.util.List;

/** What came of looking for criu: a {@link CriuBinary}, or one of the two ways not to have one. */
public sealed interface CriuSearch permits CriuBinary, CriuSearch.NotFound, CriuSearch.Unusable {

    /** Candidates that were looked at and not taken, in the order of the search. */
    List<Passed> passedOver();

    /**
     * The criu to use.
     *
     * @throws Failure with every place looked at and why it was not taken
     */
    CriuBinary orFailure();

    /** A criu that was not taken. */
    record Passed(String path, String origin, String reason) {
        @Override
        public String toString() {
            return path + " (" + origin + "): " + reason;
        }
    }

    /** No criu anywhere, or none that works. */
    record NotFound(List<Passed> passedOver) implements CriuSearch {
        public NotFound {
            passedOver = List.copyOf(passedOver);
        }

        @Override
        public CriuBinary orFailure() {
            List<String> because = new ArrayList<>();
            passedOver.forEach(passed -> because.add(passed.toString()));
            if (because.isEmpty()) {
                because.add("it is neither in $THAW_CRIU, nor where scripts/install-criu puts it, nor in PATH");
            }
            String what = passedOver.isEmpty() ? "no criu on this machine" : "no working criu on this machine";
            throw new Failure(ExitCode.FAILURE, what, because,
                    List.of("scripts/install-criu, which fetches one (as root, on Debian or Ubuntu) and changes nothing else",
                            "--criu PATH, or export THAW_CRIU=PATH, with a criu 4.2 or newer"));
        }
    }

    /** The criu that {@code --criu} names does not work. Another one is not taken: the user asked for this one. */
    record Unusable(String path, String reason) implements CriuSearch {
        @Override
        public List<Passed> passedOver() {
            return List.of(new Passed(path, CriuLocator.ASKED_FOR, reason));
        }

        @Override
        public CriuBinary orFailure() {
            throw Failure.of(
                    ExitCode.FAILURE, "--criu " + path + " cannot be used", reason, "without --criu: thaw then looks for one itself");
        }
    }
}
