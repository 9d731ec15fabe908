package dev.thaw.plan;

import dev.thaw.fdbroker.Source;

/**
 * What a user said about some descriptors: one {@code --map} or one document of a policy file.
 *
 * @param origin where it stands, for messages: {@code --map fd:1=null}, or {@code shop.yaml line 4}
 * @param mustMatch false for rules that may match nothing: policy documents are written for many images
 * @param warn whether the plan notes that the rule took something away from the application
 */
public record Rule(Selector selector, Action action, String origin, boolean mustMatch, boolean warn) {

    public Rule(Selector selector, Action action, String origin, boolean mustMatch) {
        this(selector, action, origin, mustMatch, true);
    }

    /** What is to be done with the descriptors that match. */
    public sealed interface Action {

        /** Handed over from this source; {@code missing} decides for files that are not there. */
        record From(Source source, Missing missing) implements Action {}

        /** The same file, relative to the cgroup that restore runs in. */
        record FromCgroup(Missing missing) implements Action {}

        /** Left to CRIU, unless it is a stream: those go where every stream goes. */
        record Leave(String because) implements Action {}

        /** Refused: a restore with such a descriptor is not wanted. */
        record Refuse() implements Action {}
    }

    /** What a file that is not there any more becomes. */
    public enum Missing {
        /** The plan is rejected. */
        ERROR,
        /** For cgroup files: the same file in the nearest ancestor that has it. */
        NEAREST,
        /** {@code /dev/null}. */
        NULL
    }
}
