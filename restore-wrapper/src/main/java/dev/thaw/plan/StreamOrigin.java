package dev.thaw.plan;

import dev.thaw.linux.OpenFlags;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;

/** Which standard stream a descriptor is a duplicate of: it goes where that stream goes. */
final class StreamOrigin {
    private final PlanInput input;
    private final Map<Object, List<Subject>> streams = new HashMap<>();

    StreamOrigin(PlanInput input) {
        this.input = input;
        for (Subject subject : input.subjects()) {
            if (subject.isStream()) {
                streams.computeIfAbsent(subject.file().id(), id -> new ArrayList<>()).add(subject);
                subject.key().ifPresent(key -> streams.computeIfAbsent(key, k -> new ArrayList<>()).add(subject));
            }
        }
    }

    /**
     * @return 0, 1 or 2 of the root process: for its standard error it may be 1, its other two streams are nobody's duplicates; empty also when
     *     only streams of other processes have the file
     */
    Optional<Integer> ofRoot(Subject subject) {
        List<Integer> order = switch (subject.fd()) {
            case 0 -> List.of(0);
            case 1 -> List.of(1, 2);
            case 2 -> subject.ofRoot() ? List.of(1) : List.of(2, 1);
            default -> List.of(1, 2, 0);
        };
        if (subject.isStreamOfRoot() && subject.fd() != 2) {
            return Optional.empty();
        }
        if (subject.isNull()) {
            // It stands for nothing in particular: three streams of one /dev/null are still three streams.
            boolean inherited = subject.isStream() && !subject.ofRoot();
            return first(inherited ? List.of(subject.fd()) : List.of(), subject, StreamOrigin::isSameDescription);
        }
        return first(order, subject, StreamOrigin::isSameDescription).or(() -> first(order, subject, StreamOrigin::isSameResource));
    }

    /** The stream of any process that has the same file, the root's first. */
    Optional<Integer> ofAny(Subject subject) {
        return ofRoot(subject).or(() -> ofOthers(subject, subject.file().id()))
                .or(() -> subject.key().flatMap(key -> ofOthers(subject, key)));
    }

    private Optional<Integer> ofOthers(Subject subject, Object fileOrKey) {
        List<Integer> found = Search.mapped(streams.getOrDefault(fileOrKey, List.of()), Subject::fd);
        return Search.first(List.of(1, 2, 0), found::contains);
    }

    private Optional<Integer> first(List<Integer> order, Subject subject, BiPredicate<Subject, Subject> same) {
        return Search.first(order, number -> input.ofRoot(number).filter(stream -> same.test(stream, subject)).isPresent());
    }

    /** True for descriptors of one open file description. */
    static boolean isSameDescription(Subject a, Subject b) {
        return a.file().id().equals(b.file().id());
    }

    /** One end of a pipe opened twice, and a terminal; but two openings of one file are two files, and the other end of a pipe is no stream. */
    private static boolean isSameResource(Subject stream, Subject other) {
        boolean resource = stream.kind().equals("pipe") || stream.kind().equals("socket") || stream.kind().equals("tty");
        boolean sameEnd = !stream.kind().equals("pipe") || stream.access() == other.access() || stream.access() == OpenFlags.O_RDWR
                || other.access() == OpenFlags.O_RDWR;
        return resource && sameEnd && stream.key().isPresent() && stream.key().equals(other.key());
    }
}
