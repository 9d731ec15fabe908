package dev.thaw.compile;

import dev.thaw.linux.OpenFlags;
import dev.thaw.plan.Handover;
import dev.thaw.plan.Opening;
import dev.thaw.plan.RestorePlan;
import dev.thaw.plan.Use;
import java.util.List;
import java.util.Optional;

/**
 * The plan for one sort of caller.
 *
 * @param streams a letter of {@link StreamKind} for each of the caller's streams, {@code -} for one that the plan does not use; then {@code =} when its
 *     standard output and error are the same
 * @param imagesDirectory the images, or the overlay of them that the plan needs
 */
public record Variant(String streams, String imagesDirectory, RestorePlan plan) {
    private static final int MOST_HANDOVERS = 7;

    /** Where a descriptor of the shell's comes from, as a redirection; empty when a shell has no words for it. */
    static Optional<String> redirection(Opening opening) {
        if (opening instanceof Opening.Own own && own.number() <= 2) {
            return Optional.of(">&" + own.number());
        }
        if (opening instanceof Opening.Path path && path.createMode().isEmpty() && path.seek() <= 0) {
            return operator(path.flags(), path.path().equals("/dev/null")).map(operator -> operator + ShellText.quote(path.path()));
        }
        return Optional.empty();
    }

    private static Optional<String> operator(int flags, boolean mayTruncate) {
        int known = flags & ~(OpenFlags.O_LARGEFILE | OpenFlags.O_CLOEXEC | OpenFlags.O_NOCTTY);
        if (known == OpenFlags.O_RDONLY) {
            return Optional.of("<");
        }
        if (known == (OpenFlags.O_WRONLY | OpenFlags.O_APPEND)) {
            return Optional.of(">>");
        }
        // Otherwise a shell always truncates what it opens for writing only.
        return known == OpenFlags.O_WRONLY && mayTruncate ? Optional.of(">") : Optional.empty();
    }

    /** Files that are opened, for the shell to look at first: what they are decides whether opening them may wait, or fail. */
    static List<String> paths(List<Handover> handovers) {
        return handovers.stream().map(Handover::opening).filter(Opening.Path.class::isInstance).map(opening -> ((Opening.Path) opening).path()).toList();
    }

    /** Whether a program can do what the plan says. */
    public boolean isExpressible() {
        // Numbers of the shell's own start at 10, and criu's are below.
        return plan.handovers().size() <= MOST_HANDOVERS && plan.cgroups().isEmpty() && plan.notes().isEmpty() && !plan.criu().shellJob() && plan.handovers().stream().allMatch(Variant::isExpressible);
    }

    private static boolean isExpressible(Handover handover) {
        return handover.replay().size() == 0 && redirection(handover.opening()).isPresent()
                && handover.uses().stream().allMatch(use -> use.kind() == Use.Kind.DESCRIPTOR);
    }
}
