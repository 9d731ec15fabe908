package dev.thaw.plan;

import dev.thaw.image.FileId;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/** Descriptors that get one open file description: those of one image file, and those that a rule joins. */
final class Group {
    private final Decision.Replaced decision;
    private final List<Subject> subjects = new ArrayList<>();
    private final List<Use> additions = new ArrayList<>();

    Group(Decision.Replaced decision) {
        this.decision = decision;
    }

    /** What has to be equal for two descriptors to be in one group. */
    record Identity(Opening opening, Optional<FileId> file, int description) {
        static Identity of(Decision.Replaced decision, Optional<FileId> file) {
            // A rule that joins (--stdout, --stderr stdout) makes one description of several files; all others keep the image's.
            return new Identity(decision.opening(), decision.description() >= 0 ? Optional.empty() : file, decision.description());
        }

        // Written out, as those of Opening are: the bootstrap of generated ones takes milliseconds of a restore.
        @Override
        public boolean equals(Object other) {
            return other instanceof Identity that && description == that.description && file.equals(that.file) && opening.equals(that.opening);
        }

        @Override
        public int hashCode() {
            return (opening.hashCode() * 31 + file.hashCode()) * 31 + description;
        }
    }

    Decision.Replaced decision() {
        return decision;
    }

    void add(Subject subject) {
        subjects.add(subject);
    }

    void addNew(Use use) {
        additions.add(use);
    }

    List<Subject> subjects() {
        return subjects;
    }

    /** Descriptors that were closed in the image. */
    List<Use> additions() {
        return additions;
    }

    List<FileId> files() {
        return List.copyOf(new LinkedHashSet<>(Search.mapped(subjects, subject -> subject.file().id())));
    }

    Optional<String> key() {
        return subjects.isEmpty() ? Optional.empty() : subjects.get(0).key();
    }

    List<Use> uses() {
        List<Use> uses = new ArrayList<>(Search.mapped(subjects, Subject::use));
        uses.addAll(additions);
        return uses;
    }
}
