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
 *     standard output and error are the same; then {@link OwnCgroup#GONE} when the files of the dumped cgroup are gone
 * @param imagesDirectory the images, or the overlay of them that the plan needs
 */
public record Variant(String streams, String imagesDirectory, RestorePlan plan) {
    private static final int MOST_HANDOVERS = 7;
    /** Bytes. */
    private static final int FARTHEST = 4096;

    /** Where a descriptor of the shell's comes from, as a redirection; empty when a shell has no words for it. */
    static Optional<String> redirection(Opening opening) {
        if (opening instanceof Opening.Own own && own.number() <= 2) {
            return Optional.of(">&" + own.number());
        }
        if (opening instanceof Opening.Path path && path.createMode().isEmpty() && (path.seek() <= 0 || isReadable(path))) {
            return operator(path.flags(), path.path().equals("/dev/null")).map(operator -> operator + OwnCgroup.word(path.path()));
        }
        return Optional.empty();
    }

    /** A shell gets to a place in a file by reading up to there. */
    private static boolean isReadable(Opening.Path path) {
        return (path.flags() & OpenFlags.O_ACCMODE) == OpenFlags.O_RDONLY && path.seek() <= FARTHEST;
    }

    /** Where in a file a descriptor that was just opened has to be brought; 0: nowhere. */
    static long seek(Opening opening) {
        return opening instanceof Opening.Path path ? Math.max(0, path.seek()) : 0;
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
    static List<Opening.Path> openings(List<Handover> handovers) {
        return handovers.stream().map(Handover::opening).filter(Opening.Path.class::isInstance).map(Opening.Path.class::cast).toList();
    }

    static List<String> paths(List<Handover> handovers) {
        return openings(handovers).stream().map(Opening.Path::path).toList();
    }

    /** What a program cannot do of what the plan says; empty when it can do all of it. */
    public Optional<String> obstacle() {
        if (plan.criu().shellJob()) {
            return Optional.of("it is a job of a shell's");
        }
        if (!plan.notes().isEmpty()) {
            return Optional.of("there is something to tell: " + plan.notes().get(0));
        }
        if (!plan.cgroups().isEmpty()) {
            return Optional.of("the tree is to be put into a cgroup");
        }
        if (plan.handovers().size() > MOST_HANDOVERS) {
            // Numbers of the shell's own start at 10, and criu's are below.
            return Optional.of(plan.handovers().size() + " descriptors are handed over, and a shell has numbers for " + MOST_HANDOVERS);
        }
        return plan.handovers().stream().flatMap(handover -> obstacle(handover).stream()).findFirst();
    }

    private static Optional<String> obstacle(Handover handover) {
        if (handover.replay().size() > 0) {
            return Optional.of("unread bytes are written first to " + handover.what());
        }
        if (redirection(handover.opening()).isEmpty()) {
            return Optional.of("a shell has no words for " + handover.opening().text() + ", which takes the place of " + handover.what());
        }
        return handover.uses().stream().allMatch(use -> use.kind() == Use.Kind.DESCRIPTOR) ? Optional.empty()
                : Optional.of(handover.what() + " is more than a descriptor");
    }
}
